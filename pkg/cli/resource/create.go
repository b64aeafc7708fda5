package resource

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/factory"
	"seedbed.dev/seedbed/pkg/cli/flag"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// Create creates an object. An error for one that exists tells the user to choose another name.
func Create(ctx context.Context, c client.Client, k *Descriptor, obj client.Object) error {
	err := c.Create(ctx, obj, client.FieldOwner(FieldOwner))
	if apierrors.IsAlreadyExists(err) {
		return &output.Explained{Text: AlreadyExists(k, obj.GetNamespace(), obj.GetName()), Cause: err}
	}
	return output.Explain(fmt.Sprintf("create %s %q", k.Noun, obj.GetName()), err)
}

// FieldOwner is the field manager of the tool's writes. It differs from the controller's.
const FieldOwner = "seedbed-cli"

// AlreadyExists returns the message for an object that cannot be created because its name is taken.
func AlreadyExists(k *Descriptor, namespace, name string) string {
	return fmt.Sprintf("%s %q already exists%s: choose another name, or delete that one first", k.Noun, name, k.inNamespace(namespace))
}

// TimedName returns a name made of an object's name and the time, in Velero's format, at most as long as a label's value.
func TimedName(of string, now time.Time) string {
	suffix := "-" + now.Format("20060102150405")
	if room := v1alpha1.MaxNameLength - len(suffix); len(of) > room {
		of = strings.TrimRight(of[:room], "-.")
	}
	return of + suffix
}

// PrepareCreate checks the flags of a command that creates obj, and returns the client to do it with. The client is nil after an
// error, and after -o had the object printed instead.
func PrepareCreate(cmd *cobra.Command, f *factory.Factory, obj client.Object, printed *flag.Output, wait *flag.Wait) (client.Client, error) {
	if err := cmp.Or(printed.Validate(), wait.Validate()); err != nil {
		return nil, err
	}
	if printed.Format != "" {
		return nil, printed.PrintObjects(cmd.OutOrStdout(), []client.Object{obj}, true)
	}
	return f.NewClient(cmd)
}
