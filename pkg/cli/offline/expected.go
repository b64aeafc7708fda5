package offline

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/plan"
)

// expectedHead is the first line of a golden file.
const expectedHead = "# Written by `seedbed test --update`: review changes of it as you review code.\n"

// summary is the first document of a golden file.
type summary struct {
	Excluded  string            `yaml:"excluded,omitempty"`
	Refused   []refusedEntry    `yaml:"refused,omitempty"`
	Baselines []baselineSummary `yaml:"baselines"`
}

// refusedEntry is a baseline that the namespace asks for and does not get. The whole annotation is refused if it has no name.
type refusedEntry struct {
	Baseline string `yaml:"baseline,omitempty"`
	Reason   string `yaml:"reason"`
	Message  string `yaml:"message"`
}

// baselineSummary is a baseline that the namespace gets, and the objects that are not simply written.
type baselineSummary struct {
	Name        string            `yaml:"name"`
	Why         string            `yaml:"why"`
	Backup      string            `yaml:"backup"`
	Source      string            `yaml:"source"`
	Objects     int               `yaml:"objects"`
	Labels      map[string]string `yaml:"copiedLabels,omitempty"`
	Annotations map[string]string `yaml:"copiedAnnotations,omitempty"`
	Unchanged   []string          `yaml:"unchanged,omitempty"`
	Updated     map[string]string `yaml:"updated,omitempty"`
	Kept        map[string]string `yaml:"kept,omitempty"`
	Skipped     map[string]string `yaml:"skipped,omitempty"`
	Failed      map[string]string `yaml:"failed,omitempty"`
	Warnings    []string          `yaml:"warnings,omitempty"`
}

// render returns the golden file of a namespace: the summary, the Namespace, and its objects in the order in which they are created.
func (p *population) render() (string, error) {
	documents := []any{p.summarize(), p.namespaceNode()}
	for _, object := range p.objects {
		node, err := orderObject(object.content.Object)
		if err != nil {
			return "", err
		}
		documents = append(documents, node)
	}
	var out bytes.Buffer
	out.WriteString(expectedHead)
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	for _, document := range documents {
		if err := encoder.Encode(document); err != nil {
			return "", fmt.Errorf("printing the result: %w", err)
		}
	}
	if err := encoder.Close(); err != nil {
		return "", fmt.Errorf("printing the result: %w", err)
	}
	return out.String(), nil
}

func (p *population) summarize() summary {
	s := summary{Baselines: []baselineSummary{}}
	if p.excluded {
		s.Excluded = "the namespace belongs to the system or to Seedbed: no baseline populates it"
	}
	for _, refusal := range p.refusals {
		s.Refused = append(s.Refused, refusedEntry{Baseline: refusal.Baseline, Reason: refusal.Reason, Message: refusal.Message})
	}
	for i := range p.baselines {
		s.Baselines = append(s.Baselines, p.baselines[i].summarize())
	}
	return s
}

func (r *restored) summarize() baselineSummary {
	s := baselineSummary{
		Name: r.choice.Baseline, Why: r.explain(), Backup: r.plan.Spec.Backup, Source: r.plan.Source, Objects: r.plan.Len(),
		Labels: r.labels, Annotations: r.annotations, Unchanged: r.unchanged, Updated: r.updated, Kept: r.kept, Skipped: map[string]string{}, Failed: map[string]string{},
	}
	repeated := map[string]bool{}
	for _, key := range r.plan.Skipped() {
		reason := r.plan.SkipReason(key)
		s.Skipped[key] = reason
		repeated[plan.SkipWarning(key, reason)] = true
	}
	for _, stage := range r.plan.Stages() {
		for i := range stage {
			if err := r.plan.Failure(stage[i].Key); err != nil {
				s.Failed[stage[i].Key] = err.Error()
			}
		}
	}
	warnings, omitted := r.plan.Warnings()
	s.Warnings = slices.DeleteFunc(slices.Clone(warnings), func(warning string) bool { return repeated[warning] })
	if omitted > 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("and %d more", omitted))
	}
	return s
}

// explain returns why the namespace gets the baseline.
func (r *restored) explain() string {
	var causes []string
	if r.choice.Selected {
		causes = append(causes, "its namespaceSelector matches")
	}
	if r.choice.Asked {
		causes = append(causes, "the annotation "+v1alpha1.AnnotationBaseline+" asks for it")
	}
	why := strings.Join(causes, ", and ")
	if r.choice.Required {
		return "Required, and " + why
	}
	return why
}

// namespaceNode returns the Namespace with the labels and annotations that it has in the end.
func (p *population) namespaceNode() any {
	type metadata struct {
		Name        string            `yaml:"name"`
		Labels      map[string]string `yaml:"labels,omitempty"`
		Annotations map[string]string `yaml:"annotations,omitempty"`
	}
	return struct {
		APIVersion string   `yaml:"apiVersion"`
		Kind       string   `yaml:"kind"`
		Metadata   metadata `yaml:"metadata"`
	}{"v1", "Namespace", metadata{p.namespace.Name, p.namespace.Labels, p.namespace.Annotations}}
}

// The fields that people write first in an object and in its metadata.
var (
	firstFields         = []string{"apiVersion", "kind", "metadata"}
	firstMetadataFields = []string{"name", "namespace", "labels", "annotations"}
)

// orderObject returns an object with its fields in the order in which people write them.
func orderObject(object map[string]any) (*yaml.Node, error) {
	fields := maps.Clone(object)
	if metadata, isObject := object["metadata"].(map[string]any); isObject {
		ordered, err := orderFields(metadata, firstMetadataFields)
		if err != nil {
			return nil, err
		}
		fields["metadata"] = ordered
	}
	return orderFields(fields, firstFields)
}

// orderFields returns a node with some fields first, and the others sorted.
func orderFields(object map[string]any, first []string) (*yaml.Node, error) {
	rest := slices.DeleteFunc(slices.Sorted(maps.Keys(object)), func(name string) bool { return slices.Contains(first, name) })
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, name := range slices.Concat(first, rest) {
		content, found := object[name]
		if !found {
			continue
		}
		value, isNode := content.(*yaml.Node)
		if !isNode {
			value = &yaml.Node{}
			if err := value.Encode(content); err != nil {
				return nil, fmt.Errorf("printing %s: %w", name, err)
			}
		}
		key := &yaml.Node{}
		key.SetString(name)
		node.Content = append(node.Content, key, value)
	}
	return node, nil
}
