package restore

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sort"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/transform"
)

// Compiler makes plans.
type Compiler struct {
	// ClusterDomains are those that DNS names of Services may end in.
	ClusterDomains []string
	// MaxBytes bounds what a plan may take in memory; zero means no bound.
	MaxBytes int64
}

// Compile makes a plan of an archive. It reads the archive several times and holds one decoded object at a time: decoded, all
// of them together can take ten times what the plan does.
func (o Compiler) Compile(content []byte, spec Spec) (*Plan, error) {
	found, err := surveyArchive(content, spec.Source, spec.Selection)
	if err != nil {
		return nil, err
	}
	c := &compiler{
		Compiler: o,
		plan: &Plan{
			Spec: spec, Source: found.source,
			stages:      make([][]manifest.Object, int(transform.StageWorkloads)+1),
			resources:   map[schema.GroupKind]schema.GroupResource{},
			podDefaults: map[string]v1alpha1.PodDefaults{},
			whySkipped:  map[string]string{},
			inventory:   found.inventory,
			labels:      found.labels, annotations: found.annotations,
		},
		placeholder: placeholder(),
	}
	for _, name := range found.clusterScoped {
		c.plan.warnings.Add(name + ": is cluster-scoped and never restored")
	}
	for _, name := range found.idle {
		c.plan.warnings.Add("selection: the backup holds no " + name)
	}
	if err := eachObject(content, found.source, found.selects, c.add); err != nil {
		return nil, err
	}
	return c.done(), nil
}

type compiler struct {
	Compiler
	plan        *Plan
	placeholder string
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
	c.plan.size += int64(2*len(key)) + perObject
	if verdict.Skip != "" {
		c.plan.skipped = append(c.plan.skipped, key)
		c.plan.whySkipped[key] = verdict.Skip
		c.warn(key, verdict.Warnings)
		if !verdict.Quiet {
			c.plan.warnings.Add(key + ": not restored: " + verdict.Skip)
		}
		return nil
	}
	mapped := transform.Map(object, transform.Mapping{
		Source: c.plan.Source, Target: c.placeholder, Text: c.plan.Spec.Text,
		ClusterDomains: c.ClusterDomains, Inventory: c.plan.inventory,
	})
	c.warn(key, verdict.Warnings)
	c.warn(key, mapped)
	if defaults := podDefaultsOf(object.Content); !isEmpty(&defaults) {
		c.plan.podDefaults[key] = defaults
	}
	body, err := manifest.NewBody(object.Content.Object, c.placeholder)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrContent, key, err)
	}
	stage := transform.StageOf(kind.GroupKind())
	c.plan.stages[stage] = append(c.plan.stages[stage], manifest.Object{Kind: kind, Key: key, Name: object.Content.GetName(), Body: body})
	c.plan.resources[kind.GroupKind()] = object.Resource
	c.plan.size += body.Size()
	if c.MaxBytes > 0 && c.plan.size > c.MaxBytes {
		return fmt.Errorf("%w: ready to be restored it takes more than %d MiB, which is what the controller's memory limit leaves for one backup: "+
			"raise the limit, or back up less", ErrContent, c.MaxBytes>>20)
	}
	return nil
}

// perObject is about what a plan keeps of an object beside its body, in bytes, with what its inventory does.
const perObject = 768

// warn adds an object's warnings to the plan's.
func (c *compiler) warn(key string, warnings []transform.Warning) {
	for _, warning := range warnings {
		c.plan.warnings.Add(key + ": " + warning.Field + ": " + warning.Message)
	}
}

// done drops empty stages and sorts what has no order of its own.
func (c *compiler) done() *Plan {
	var stages [][]manifest.Object
	for _, stage := range c.plan.stages {
		if len(stage) > 0 {
			sort.SliceStable(stage, func(i, j int) bool { return stage[i].Key < stage[j].Key })
			stages = append(stages, stage)
		}
	}
	c.plan.stages = stages
	sort.Strings(c.plan.skipped)
	return c.plan
}
