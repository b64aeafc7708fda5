package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/cli/output"
)

// slowReader serves as many pages of records as namespaces, each of one object. A page takes a time.
type slowReader struct {
	client.Reader
	pages int
	takes time.Duration
	now   time.Time
}

// List implements client.Reader.
func (r *slowReader) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	var asked client.ListOptions
	asked.ApplyOptions(options)
	page := 0
	if asked.Continue != "" {
		if _, err := fmt.Sscan(asked.Continue, &page); err != nil {
			return err
		}
	}
	name := fmt.Sprintf("team-%d", page)
	switch list := list.(type) {
	case *v1alpha1.BaselineRecordList:
		list.Items = []v1alpha1.BaselineRecord{*newRecord(name)}
	case *corev1.NamespaceList:
		list.Items = []corev1.Namespace{*newNamespace(name)}
	default:
		return errors.New("not served")
	}
	if page++; page < r.pages {
		list.SetContinue(fmt.Sprint(page))
	}
	r.now = r.now.Add(r.takes)
	return nil
}

func TestProgressOfALongScan(t *testing.T) {
	for name, test := range map[string]struct {
		takes time.Duration
		want  string
	}{
		"slow": {300 * time.Millisecond, "records read: 3\nnamespaces read: 1\nnamespaces read: 2\nnamespaces read: 3\n"},
		"fast": {time.Millisecond, ""},
	} {
		t.Run(name, func(t *testing.T) {
			reader := &slowReader{pages: 3, takes: test.takes, now: noon}
			var out bytes.Buffer
			progress := output.NewProgress(&out, func() time.Time { return reader.now })
			progress.After = 900 * time.Millisecond
			rows, err := newScan(reader, "seedbed", []v1alpha1.Baseline{newBaseline()}, &stateFilter{}, progress).readRows(t.Context(), "", client.InNamespace(""))
			if err != nil || len(rows) != 3 || rows[2].Namespace != "team-2" || rows[2].Phase == "" {
				t.Errorf("%+v, %v", rows, err)
			}
			if got := out.String(); got != test.want {
				t.Errorf("shown\n%swant\n%s", got, test.want)
			}
		})
	}
}
