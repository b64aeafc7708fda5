package authorization

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// identity distinguishes an object from others of the same name, and from its own earlier specs.
type identity struct {
	Kind string    `json:"kind"`
	Name string    `json:"name"`
	UID  types.UID `json:"uid"`
	// Generation grows with every change of the spec, so that a reverted change is detected too.
	Generation int64 `json:"generation"`
	// Digest is the digest of the spec: an object restored from a backup of etcd may have an earlier generation.
	Digest string `json:"digest"`
}

// policySet is the state of all policies and bindings in the API server.
type policySet struct {
	identities []identity
	// created is the creation time of the youngest object.
	created time.Time
	// changed reports whether any spec was changed since its creation.
	changed bool
	// problem is the reason why the policies are not in force; nil if they are.
	problem error
}

// hasIdentities reports whether the objects of another set are the same, unchanged.
func (p *policySet) hasIdentities(others []identity) bool { return slices.Equal(p.identities, others) }

// inForce reports whether the policies review every request.
func (p *policySet) inForce() bool { return p.problem == nil }

// containsAll reports whether all objects of another set are among these, unchanged.
func (p *policySet) containsAll(other *policySet) bool {
	return !slices.ContainsFunc(other.identities, func(i identity) bool { return !slices.Contains(p.identities, i) })
}

// addObject includes one object. The order of calls is fixed, because identities are compared in order.
func (p *policySet) addObject(kind string, meta *metav1.ObjectMeta, spec any, weakness string) {
	encoded, err := json.Marshal(spec)
	if err != nil && weakness == "" {
		weakness = "has a spec that cannot be read"
	}
	digest := sha256.Sum256(encoded)
	p.identities = append(p.identities, identity{
		Kind: kind, Name: meta.Name, UID: meta.UID, Generation: meta.Generation, Digest: hex.EncodeToString(digest[:]),
	})
	if meta.CreationTimestamp.After(p.created) {
		p.created = meta.CreationTimestamp.Time
	}
	p.changed = p.changed || meta.Generation > 1
	if meta.DeletionTimestamp != nil {
		weakness = "is being deleted"
	}
	if weakness != "" {
		p.setProblem("%s %s %s", kind, meta.Name, weakness)
	}
}

// setProblem sets the problem, unless an earlier one is set.
func (p *policySet) setProblem(format string, args ...any) {
	if p.problem == nil {
		p.problem = fmt.Errorf(format, args...)
	}
}

// readPolicies returns the state of the policies of these names and their bindings, as get returns them; get returns nil for
// a missing object.
func readPolicies(names []string, get func(name string) (*vap, *vapBinding)) *policySet {
	set := &policySet{}
	for _, name := range names {
		policy, binding := get(name)
		if policy == nil {
			set.setProblem("ValidatingAdmissionPolicy %s does not exist", name)
		} else {
			set.addObject("ValidatingAdmissionPolicy", &policy.ObjectMeta, policy.Spec, policyWeakness(policy))
		}
		if binding == nil {
			set.setProblem("ValidatingAdmissionPolicyBinding %s does not exist", name)
		} else {
			set.addObject("ValidatingAdmissionPolicyBinding", &binding.ObjectMeta, binding.Spec, bindingWeakness(binding))
		}
	}
	return set
}
