package restore

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/apply"
	"seedbed.dev/seedbed/pkg/archive"
	"seedbed.dev/seedbed/pkg/transform"
)

// Compile makes a plan of an archive. Cluster domains are those that DNS names of Services may end in.
func Compile(content []byte, spec Spec, clusterDomains []string) (*Plan, error) {
	read, err := readArchive(content)
	if err != nil {
		return nil, err
	}
	source, err := read.choose(spec.Source)
	if err != nil {
		return nil, err
	}
	objects := read.namespaces[source]
	c := &compiler{
		plan: &Plan{
			Spec: spec, Source: source,
			stages:      make([][]apply.Object, int(transform.StageWorkloads)+1),
			resources:   map[schema.GroupKind]schema.GroupResource{},
			podDefaults: map[string]v1alpha1.PodDefaults{},
			whySkipped:  map[string]string{},
			inventory:   transform.NewInventory(source, objects),
		},
		placeholder: placeholder(),
		domains:     clusterDomains,
		labels:      spec.labels(),
	}
	if namespace := read.sources[source]; namespace != nil {
		c.plan.labels, c.plan.annotations = namespace.GetLabels(), namespace.GetAnnotations()
	}
	for _, name := range read.clusterScoped {
		c.warn("%s: is cluster-scoped and never restored", name)
	}
	for _, object := range objects {
		if err := c.add(object); err != nil {
			return nil, err
		}
	}
	return c.done(), nil
}

// contents is an archive's objects by their namespace.
type contents struct {
	namespaces    map[string][]transform.Object
	sources       map[string]*unstructured.Unstructured
	clusterScoped []string
}

func readArchive(content []byte) (*contents, error) {
	read := &contents{namespaces: map[string][]transform.Object{}, sources: map[string]*unstructured.Unstructured{}}
	if _, err := archive.Read(bytes.NewReader(content), archive.DefaultLimits, read.add); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrContent, err)
	}
	return read, nil
}

func (r *contents) add(item archive.Item) error {
	object := &unstructured.Unstructured{}
	// As the API server reads it: whole numbers stay whole, which encoding/json would round beyond 2^53.
	if err := json.Unmarshal(item.Content, &object.Object); err != nil {
		return fmt.Errorf("%s/%s: %w", item.Resource, item.Name, err)
	}
	switch {
	case item.Namespace != "":
		r.namespaces[item.Namespace] = append(r.namespaces[item.Namespace],
			transform.Object{Resource: schema.ParseGroupResource(item.Resource), Content: object})
	case item.Resource == "namespaces":
		r.sources[item.Name] = object
	default:
		r.clusterScoped = append(r.clusterScoped, item.Resource+"/"+item.Name)
	}
	return nil
}

// choose finds the source namespace: the named one, or the only one.
func (r *contents) choose(name string) (string, error) {
	var held []string
	for namespace := range r.namespaces {
		held = append(held, namespace)
	}
	sort.Strings(held)
	switch {
	case name != "" && r.namespaces[name] == nil:
		return "", fmt.Errorf("%w: the backup holds nothing of %q: it holds %s", ErrSourceNamespace, name, strings.Join(held, ", "))
	case name != "":
		return name, nil
	case len(held) == 1:
		return held[0], nil
	default:
		return "", fmt.Errorf("%w: the backup holds %d namespaces (%s): say which one to restore", ErrSourceNamespace, len(held), strings.Join(held, ", "))
	}
}

type compiler struct {
	plan        *Plan
	placeholder string
	domains     []string
	labels      map[string]string
}

// placeholder stands for the target's name while a plan is compiled. It is random, so that no content
// can hold it, and a valid name, so that it is like what it stands for.
func placeholder() string {
	var random [16]byte
	rand.Read(random[:]) // never fails: it ends the process instead
	return "seedbed-" + hex.EncodeToString(random[:])
}

func (c *compiler) add(object transform.Object) error {
	key := object.Resource.String() + "/" + object.Content.GetName()
	kind := object.Content.GroupVersionKind()
	verdict := transform.Clean(object, c.plan.inventory)
	c.warnAll(key, verdict.Warnings)
	if verdict.Skip != "" {
		c.plan.skipped = append(c.plan.skipped, key)
		c.plan.whySkipped[key] = verdict.Skip
		if !verdict.Quiet {
			c.warn("%s: not restored: %s", key, verdict.Skip)
		}
		return nil
	}
	c.warnAll(key, transform.Map(object, transform.Mapping{
		Source: c.plan.Source, Target: c.placeholder, Text: c.plan.Spec.Text,
		ClusterDomains: c.domains, Inventory: c.plan.inventory,
	}))
	if defaults := podDefaultsOf(object.Content); !isEmpty(&defaults) {
		c.plan.podDefaults[key] = defaults
	}
	c.label(object.Content)
	body, err := apply.NewBody(object.Content.Object, c.placeholder)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrContent, key, err)
	}
	stage := transform.StageOf(kind.GroupKind())
	c.plan.stages[stage] = append(c.plan.stages[stage], apply.Object{Kind: kind, Key: key, Name: object.Content.GetName(), Body: body})
	c.plan.resources[kind.GroupKind()] = object.Resource
	c.plan.size += body.Size() + int64(2*len(key)) + perObject
	return nil
}

// perObject is about what a plan keeps of an object beside its body, in bytes.
const perObject = 256

func (c *compiler) label(object *unstructured.Unstructured) {
	labels := object.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	for key, value := range c.labels {
		labels[key] = value
	}
	object.SetLabels(labels)
}

func (c *compiler) warnAll(key string, warnings []transform.Warning) {
	for _, warning := range warnings {
		c.warn("%s: %s: %s", key, warning.Field, warning.Message)
	}
}

func (c *compiler) warn(format string, args ...any) {
	c.plan.Warnings = append(c.plan.Warnings, fmt.Sprintf(format, args...))
}

// done drops empty stages and sorts what has no order of its own.
func (c *compiler) done() *Plan {
	var stages [][]apply.Object
	for _, stage := range c.plan.stages {
		if len(stage) > 0 {
			sort.SliceStable(stage, func(i, j int) bool { return stage[i].Key < stage[j].Key })
			stages = append(stages, stage)
		}
	}
	c.plan.stages = stages
	sort.Strings(c.plan.Warnings)
	sort.Strings(c.plan.skipped)
	return c.plan
}
