package plan

import (
	"crypto/rand"
	"fmt"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/internal/manifest"
	"seedbed.dev/seedbed/pkg/transform"
	"seedbed.dev/seedbed/pkg/values"
)

// Compiler compiles plans.
type Compiler struct {
	// ClusterDomains are the domains that DNS names of Services may end in.
	ClusterDomains []string
	// MaxBytes bounds a plan's size in memory; zero means no bound.
	MaxBytes int64
}

// Compile returns the plan of an archive. It reads the archive several times and holds one decoded object at a time, because all
// of them, decoded, can take ten times the memory of the plan.
func (o Compiler) Compile(content []byte, spec Spec) (*Plan, error) {
	found, err := surveyArchive(content, spec.Source, spec.Selection)
	if err != nil {
		return nil, err
	}
	rules, err := newValueCompiler(spec.Values)
	if err != nil {
		return nil, err
	}
	c := &compiler{
		Compiler: o, values: rules,
		plan: &Plan{
			Spec: spec, Source: found.source,
			stages:      make([][]manifest.Object, int(transform.StageWorkloads)+1),
			resources:   map[schema.GroupKind]schema.GroupResource{},
			podDefaults: map[string]v1alpha1.PodDefaults{},
			skipReasons: map[string]string{},
			inventory:   found.inventory,
			labels:      found.labels, annotations: found.annotations,
			rules: rules.rules, values: map[string]*objectValues{}, includes: map[string][]*values.Rule{}, placeholder: newPlaceholder(),
		},
	}
	c.placeholder = c.plan.placeholder
	for _, name := range found.clusterScoped {
		c.plan.warnings.Add(name + ": is cluster-scoped and never restored")
	}
	for _, name := range found.unmatched {
		c.plan.warnings.Add("selection: the backup holds no " + name)
	}
	if err := visitObjects(content, found.source, found.selects, c.addObject); err != nil {
		return nil, err
	}
	if err := c.values.checkRules(); err != nil {
		return nil, err
	}
	return c.finishPlan(), nil
}

type compiler struct {
	Compiler
	values      *valueCompiler
	plan        *Plan
	placeholder string
}

// newPlaceholder returns a name that takes the place of the target's while a plan is compiled. It is random, so that no content
// can contain it, and a valid namespace name, so that the rules treat it as one.
func newPlaceholder() string {
	return "seedbed-" + strings.ToLower(rand.Text())
}

func (c *compiler) addObject(object transform.Object) error {
	key := object.Resource.String() + "/" + object.Content.GetName()
	kind := object.Content.GroupVersionKind()
	verdict := transform.Clean(object, c.plan.inventory)
	c.plan.size += int64(2*len(key)) + bytesPerObject
	if verdict.Skip != "" {
		c.plan.skipped = append(c.plan.skipped, key)
		c.plan.skipReasons[key] = verdict.Skip
		c.addWarnings(key, verdict.Warnings)
		if !verdict.Quiet {
			c.plan.warnings.Add(SkipWarning(key, verdict.Skip))
		}
		return nil
	}
	mapped := transform.Map(object, transform.Mapping{
		Source: c.plan.Source, Target: c.placeholder, Text: c.plan.Spec.Text, ClusterDomains: c.ClusterDomains, Inventory: c.plan.inventory,
	})
	c.addWarnings(key, verdict.Warnings)
	c.addWarnings(key, mapped)
	if defaults := podDefaultsOf(object.Content); !isEmpty(&defaults) {
		c.plan.podDefaults[key] = defaults
	}
	body, err := manifest.NewBody(object.Content.Object, c.placeholder)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrContent, key, err)
	}
	notSet, err := c.addValues(object, key)
	if err != nil {
		return err
	}
	for _, warning := range notSet {
		c.plan.warnings.Add(warning)
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

// SkipWarning returns the warning about an object that is skipped and may be missed, given the reason as SkipReason returns it.
func SkipWarning(key, reason string) string { return key + ": not restored: " + reason }

// bytesPerObject is about the memory that a plan and its inventory take for an object beside its body.
const bytesPerObject = 768

// addWarnings adds an object's warnings to the plan's.
func (c *compiler) addWarnings(key string, warnings []transform.Warning) {
	for _, warning := range warnings {
		c.plan.warnings.Add(key + ": " + warning.Field + ": " + warning.Message)
	}
}

// finishPlan drops empty stages, sorts each stage and the skipped keys, and returns the plan.
func (c *compiler) finishPlan() *Plan {
	var stages [][]manifest.Object
	for _, stage := range c.plan.stages {
		if len(stage) > 0 {
			sort.SliceStable(stage, func(i, j int) bool { return stage[i].Key < stage[j].Key })
			stages = append(stages, stage)
		}
	}
	c.plan.stages = stages
	sort.Strings(c.plan.skipped)
	c.plan.contentDigest = c.plan.digestObjects()
	return c.plan
}
