package authorization

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// watch caches the policies and their bindings. Each object has an informer of its own, because RBAC grants list and watch by
// resourceNames only to requests that select a single name.
type watch struct {
	names              []string
	policies, bindings map[string]cache.SharedIndexInformer
	factories          []informers.SharedInformerFactory
}

// newWatch returns a watch of the policies of these names and their bindings, which calls changed after each event.
func newWatch(client kubernetes.Interface, names []string, changed func()) (*watch, error) {
	w := &watch{names: names, policies: map[string]cache.SharedIndexInformer{}, bindings: map[string]cache.SharedIndexInformer{}}
	for _, name := range names {
		factory := informers.NewSharedInformerFactoryWithOptions(client, 0,
			informers.WithTweakListOptions(func(options *metav1.ListOptions) {
				options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, name).String()
			}))
		admission := factory.Admissionregistration().V1()
		w.factories = append(w.factories, factory)
		w.policies[name] = admission.ValidatingAdmissionPolicies().Informer()
		w.bindings[name] = admission.ValidatingAdmissionPolicyBindings().Informer()
		for _, informer := range []cache.SharedIndexInformer{w.policies[name], w.bindings[name]} {
			_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
				AddFunc: func(any) { changed() }, UpdateFunc: func(any, any) { changed() }, DeleteFunc: func(any) { changed() },
			})
			if err != nil {
				return nil, fmt.Errorf("watching the admission policy %s: %w", name, err)
			}
		}
	}
	return w, nil
}

// runInformers starts the informers, which stop with ctx. It reports whether their caches have synced.
func (w *watch) runInformers(ctx context.Context) bool {
	for _, factory := range w.factories {
		factory.Start(ctx.Done())
	}
	for _, name := range w.names {
		if !cache.WaitForCacheSync(ctx.Done(), w.policies[name].HasSynced, w.bindings[name].HasSynced) {
			return false
		}
	}
	return true
}

// stopInformers waits until all informers have stopped.
func (w *watch) stopInformers() {
	for _, factory := range w.factories {
		factory.Shutdown()
	}
}

func (w *watch) readPolicySet() *policySet {
	return readPolicies(w.names, func(name string) (*vap, *vapBinding) {
		policy, _ := onlyObject(w.policies[name]).(*vap)
		binding, _ := onlyObject(w.bindings[name]).(*vapBinding)
		return policy, binding
	})
}

// onlyObject returns the single object in an informer's store; nil if there is none.
func onlyObject(informer cache.SharedIndexInformer) any {
	for _, object := range informer.GetStore().List() {
		return object
	}
	return nil
}
