package baseline

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
	"seedbed.dev/seedbed/pkg/cli/resource"
)

// authorizeOptions are the flags of baseline authorize.
type authorizeOptions struct {
	all      bool
	selector string
}

// newAuthorizeCommand returns the command that requests the review of annotations older than the admission policies.
func newAuthorizeCommand(f *factory.Factory) *cobra.Command {
	o := &authorizeOptions{}
	cmd := &cobra.Command{
		Use:   "authorize NAMESPACE...",
		Short: "Ask again for what namespaces asked for before somebody could review it",
		Long: "Ask, in your name, for the baselines that namespaces ask for by annotation. It is for namespaces that read\n" +
			"NotAuthorized: their annotation was there before the admission policies that review who may set it, when Seedbed was\n" +
			"installed or its policies were changed. It sets the annotation " + v1alpha1.AnnotationAsked + ", which the policies review like a\n" +
			"change of " + v1alpha1.AnnotationBaseline + ": you need the verb \"use\" on each baseline that a namespace names, so look at what\n" +
			"they ask for first. Those that nothing refuses are left alone.",
		Example:           f.FormatExamples("baseline authorize bar", "baseline authorize --selector team=a", "baseline authorize --all"),
		ValidArgsFunction: resource.CompleteNames(f, resource.Namespace),
		RunE:              func(cmd *cobra.Command, names []string) error { return o.runAuthorize(cmd, f, names) },
	}
	cmd.Flags().BoolVar(&o.all, "all", false, "every namespace that reads NotAuthorized")
	cmd.Flags().StringVarP(&o.selector, "selector", "l", "", "those of them whose labels match `SELECTOR`, for example team=a")
	return cmd
}

func (o *authorizeOptions) runAuthorize(cmd *cobra.Command, f *factory.Factory, names []string) error {
	if err := flag.CheckOneChoice(cmd, "for which namespaces to ask", "NAMESPACE", names, o.selector, o.all); err != nil {
		return err
	}
	c, objects, err := resource.ResolveArgs(cmd, f, resource.Namespace, names, o.selector)
	if err != nil || len(objects) == 0 {
		return err
	}
	var namespaces []*corev1.Namespace
	for _, object := range objects {
		if namespace := object.(*corev1.Namespace); len(names) > 0 || isUnauthorized(namespace) {
			namespaces = append(namespaces, namespace)
		}
	}
	return authorizeEach(cmd.Context(), cmd, c, namespaces, f.Now().UTC().Format(time.RFC3339Nano))
}

// isUnauthorized reports whether a namespace's annotation is refused as not reviewed, by its mark or its condition. Seedbed
// removes the mark after the value has changed.
func isUnauthorized(namespace *corev1.Namespace) bool {
	_, marked := namespace.Annotations[v1alpha1.AnnotationNotAuthorized]
	ready := v1alpha1.FindNamespaceCondition(namespace.Status.Conditions, v1alpha1.ConditionBaselineReady)
	return marked || ready != nil && ready.Reason == v1alpha1.ReasonNotAuthorized
}

// authorizeAtOnce bounds the requests in flight.
const authorizeAtOnce = 8

// authorizeEach authorizes each namespace, prints a line for each in order, and the count. It goes on after errors.
func authorizeEach(ctx context.Context, cmd *cobra.Command, c client.Client, namespaces []*corev1.Namespace, asked string) error {
	done, failed := 0, 0
	for start := 0; start < len(namespaces); start += resource.ListPage {
		page := namespaces[start:min(start+resource.ListPage, len(namespaces))]
		lines, errs := make([]string, len(page)), make([]error, len(page))
		var group errgroup.Group
		group.SetLimit(authorizeAtOnce)
		for i, namespace := range page {
			group.Go(func() error {
				lines[i], errs[i] = authorizeNamespace(ctx, c, namespace, asked)
				return nil
			})
		}
		_ = group.Wait() // never an error: they are in errs
		for i, namespace := range page {
			switch {
			case errs[i] != nil:
				failed++
				output.Fprintf(cmd.OutOrStdout(), "namespace/%s failed: %v\n", namespace.Name, errs[i])
			case lines[i] != "":
				output.Fprintf(cmd.OutOrStdout(), "namespace/%s unchanged: %s\n", namespace.Name, lines[i])
			default:
				done++
				output.Fprintf(cmd.OutOrStdout(), "namespace/%s asked for %.128q\n", namespace.Name, namespace.Annotations[v1alpha1.AnnotationBaseline])
			}
		}
	}
	output.Fprintf(cmd.OutOrStdout(), "Asked for %d of %d namespaces: Seedbed populates them now.\n", done, len(namespaces))
	if failed > 0 {
		return fmt.Errorf("%d of %d namespaces could not be asked for", failed, len(namespaces))
	}
	return nil
}

// authorizeNamespace sets the annotation asked of one namespace, or returns the reason to leave it alone. The patch applies
// only to the value that was read.
func authorizeNamespace(ctx context.Context, c client.Client, namespace *corev1.Namespace, asked string) (unchanged string, err error) {
	value, asks := namespace.Annotations[v1alpha1.AnnotationBaseline]
	switch {
	case !asks:
		return "it asks for no baseline", nil
	case !isUnauthorized(namespace):
		return "nothing refuses what it asks for", nil
	}
	path := func(key string) string { return "/metadata/annotations/" + strings.ReplaceAll(key, "/", "~1") }
	operations := []map[string]any{
		{"op": "test", "path": "/metadata/uid", "value": namespace.UID},
		{"op": "test", "path": path(v1alpha1.AnnotationBaseline), "value": value},
		{"op": "add", "path": path(v1alpha1.AnnotationAsked), "value": asked},
	}
	return "", resource.SendPatch(types.JSONPatchType, operations, fmt.Sprintf("ask for namespace %q", namespace.Name), func(patch client.Patch) error {
		return c.Patch(ctx, namespace, patch, client.FieldOwner(resource.FieldOwner))
	})
}
