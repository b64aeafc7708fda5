package restore

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Stamps is what the API server's own admission puts into a Pod for good when it is created, because of objects in its
// namespace: pull secrets of its ServiceAccount, and the defaults of LimitRanges. Admission reads them from informers that
// may lag, so a Pod that came without them came too early. Each list is sorted.
type Stamps struct {
	// PullSecrets are the ServiceAccounts whose Pods get some.
	PullSecrets []string
	// Limits and Requests are the resources that every container gets a default of.
	Limits, Requests []string
}

// The segments of Stamps as text, which the chart's gate takes apart again: keep templates/gate/stamps.yaml like them.
const (
	stampsPullSecrets = "pull secrets: "
	stampsLimits      = "limits: "
	stampsRequests    = "requests: "
	stampsBetween     = "; "
)

// maxStampsPerList bounds each list of the text in bytes: the message of a condition may have 32768 in all. Pods of
// ServiceAccounts beyond it are not looked at.
const maxStampsPerList = 8 << 10

// String is one line, such as "pull secrets: app,default; limits: cpu,memory"; empty when there is nothing to stamp.
func (s Stamps) String() string {
	var segments []string
	for _, list := range []struct {
		head  string
		names []string
	}{{stampsPullSecrets, s.PullSecrets}, {stampsLimits, s.Limits}, {stampsRequests, s.Requests}} {
		if len(list.names) > 0 {
			segments = append(segments, list.head+joinBounded(list.names))
		}
	}
	return strings.Join(segments, stampsBetween)
}

// joinBounded joins as many names as fit.
func joinBounded(names []string) string {
	var text strings.Builder
	for i, name := range names {
		if text.Len()+len(",")+len(name) > maxStampsPerList {
			break
		}
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString(name)
	}
	return text.String()
}

// ParseStamps reads what String wrote. Segments that it does not know are left out.
func ParseStamps(text string) Stamps {
	var s Stamps
	for segment := range strings.SplitSeq(text, stampsBetween) {
		for head, into := range map[string]*[]string{stampsPullSecrets: &s.PullSecrets, stampsLimits: &s.Limits, stampsRequests: &s.Requests} {
			if names, found := strings.CutPrefix(segment, head); found && names != "" {
				*into = strings.Split(names, ",")
			}
		}
	}
	return s
}

// Union has what either has.
func (s Stamps) Union(other Stamps) Stamps {
	return Stamps{
		PullSecrets: merged(s.PullSecrets, other.PullSecrets),
		Limits:      merged(s.Limits, other.Limits),
		Requests:    merged(s.Requests, other.Requests),
	}
}

func merged(first, second []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(first, second))))
}

var (
	serviceAccountKind = schema.GroupKind{Kind: "ServiceAccount"}
	limitRangeKind     = schema.GroupKind{Kind: "LimitRange"}
)

// stampsOf is what one object makes admission stamp. Odd shapes stamp nothing.
func stampsOf(object *unstructured.Unstructured) Stamps {
	switch object.GroupVersionKind().GroupKind() {
	case serviceAccountKind:
		if secrets, _, _ := unstructured.NestedSlice(object.Object, "imagePullSecrets"); len(secrets) > 0 {
			return Stamps{PullSecrets: []string{object.GetName()}}
		}
	case limitRangeKind:
		return limitStamps(object)
	}
	return Stamps{}
}

func limitStamps(object *unstructured.Unstructured) Stamps {
	var s Stamps
	items, _, _ := unstructured.NestedSlice(object.Object, "spec", "limits")
	for _, item := range items {
		limit, _ := item.(map[string]any)
		if limit["type"] != string(corev1.LimitTypeContainer) {
			continue
		}
		s = s.Union(Stamps{Limits: keysOf(limit["default"]), Requests: keysOf(limit["defaultRequest"])})
	}
	return s
}

func keysOf(value any) []string {
	fields, _ := value.(map[string]any)
	var keys []string
	for key := range fields {
		keys = append(keys, key)
	}
	return keys
}
