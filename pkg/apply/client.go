package apply

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// client sends encoded JSON to the API server. It writes to paths below a namespace alone.
type client struct {
	rest rest.Interface
	// creates, the headers and base, the root of the API, are for create and patch. Transports do not change a request's header.
	creates             http.RoundTripper
	header, patchHeader http.Header
	base                *url.URL

	fieldManager string
	// dry makes every write a dry run.
	dry bool
}

// callTimeout bounds one call, because an API server that hangs must not hold a worker.
const callTimeout = 10 * time.Second

// newClient returns a client without a rate limit of its own: the API server's priority and fairness is the limit.
func newClient(config *rest.Config, fieldManager string) (*client, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst, config.RateLimiter = -1, 0, nil
	config.Timeout = callTimeout
	config.GroupVersion = &schema.GroupVersion{}
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme.Scheme).WithoutConversion()
	config.ContentType, config.AcceptContentTypes = "application/json", "application/json"
	config.WarningHandlerWithContext = rest.NoWarnings{}
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("making the HTTP client: %w", err)
	}
	restClient, err := rest.UnversionedRESTClientForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("making the REST client: %w", err)
	}
	creates, err := newCreateTransport(config)
	if err != nil {
		return nil, err
	}
	agent := cmp.Or(config.UserAgent, rest.DefaultKubernetesUserAgent())
	header := http.Header{"Accept": {metadataOnly}, "Content-Type": {"application/json"}, "User-Agent": {agent}}
	patchHeader := header.Clone()
	patchHeader.Set("Content-Type", string(types.JSONPatchType))
	return &client{
		rest: restClient, creates: creates, header: header, patchHeader: patchHeader, base: restClient.Get().URL(), fieldManager: fieldManager,
	}, nil
}

// dryRun returns a copy of the client that changes nothing.
func (c *client) dryRun() *client {
	dry := *c
	dry.dry = true
	return &dry
}

// prepareWrite sets the options of a create or an update.
func (c *client) prepareWrite(request *rest.Request) *rest.Request {
	request = request.MaxRetries(0).Param("fieldManager", c.fieldManager)
	if c.dry {
		request = request.Param("dryRun", metav1.DryRunAll)
	}
	return request
}

// place is a namespaced collection.
type place struct {
	resource  schema.GroupVersionResource
	namespace string
}

func (p place) pathSegments(name ...string) []string {
	return append(append(p.root(), "namespaces", p.namespace, p.resource.Resource), name...)
}

// clusterPath returns the path of the resource in all namespaces.
func (p place) clusterPath() []string { return append(p.root(), p.resource.Resource) }

func (p place) root() []string {
	if p.resource.Group == "" {
		return []string{"/api", p.resource.Version}
	}
	return []string{"/apis", p.resource.Group, p.resource.Version}
}

// metadataOnly has the API server answer with an object's metadata alone.
const metadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

// dryRunCreate returns the error that creating an object would return.
func (c *client) dryRunCreate(ctx context.Context, at place, body []byte) error {
	_, err := c.dryRun().create(ctx, at, body, false)
	return err
}

// dryRunCreateAnew returns the object that the API server would store for one that it does not have yet: under another name, because
// it refuses one that it has.
func (c *client) dryRunCreateAnew(ctx context.Context, at place, body []byte) (*unstructured.Unstructured, error) {
	renamed, err := decodeBody(body)
	if err != nil {
		return nil, err
	}
	renamed.SetGenerateName(renamed.GetName())
	renamed.SetName("")
	if body, err = json.Marshal(renamed.Object); err != nil {
		return nil, fmt.Errorf("encoding: %w", err)
	}
	request := c.dryRun().prepareWrite(c.rest.Post()).AbsPath(at.pathSegments()...).Param("fieldValidation", fieldValidation(false)).Body(body)
	stored := &unstructured.Unstructured{}
	return stored, decodeAnswer(request.Do(ctx), &stored.Object)
}

// get returns an object's JSON.
func (c *client) get(ctx context.Context, at place, name string) ([]byte, error) {
	answer := c.rest.Get().AbsPath(at.pathSegments(name)...).MaxRetries(0).Do(ctx)
	if err := answer.Error(); err != nil { // Raw would return an error of another type
		return nil, err
	}
	return answer.Raw()
}

// replace updates an object that was read before. It returns a conflict if the object has changed since.
func (c *client) replace(ctx context.Context, at place, name string, object *unstructured.Unstructured, strict bool) error {
	request, err := c.newPut(at, name, object, strict)
	if err != nil {
		return err
	}
	return request.SetHeader("Accept", metadataOnly).Do(ctx).Error()
}

// dryRunReplace returns the object that replace would store.
func (c *client) dryRunReplace(ctx context.Context, at place, name string, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	request, err := c.dryRun().newPut(at, name, object, false)
	if err != nil {
		return nil, err
	}
	would := &unstructured.Unstructured{}
	return would, decodeAnswer(request.Do(ctx), &would.Object)
}

func (c *client) newPut(at place, name string, object *unstructured.Unstructured, strict bool) (*rest.Request, error) {
	body, err := json.Marshal(object.Object)
	if err != nil {
		return nil, fmt.Errorf("encoding: %w", err)
	}
	return c.prepareWrite(c.rest.Put()).AbsPath(at.pathSegments(name)...).Param("fieldValidation", fieldValidation(strict)).Body(body), nil
}

func fieldValidation(strict bool) string {
	if strict {
		return metav1.FieldValidationStrict
	}
	return metav1.FieldValidationIgnore
}

// deleteByUID deletes the object of that UID, and no other of the same name.
func (c *client) deleteByUID(ctx context.Context, at place, name string, uid types.UID) error {
	return c.deleteObject(ctx, at, name, metav1.Preconditions{UID: &uid})
}

// deleteObject deletes the object that meets the preconditions. It returns a conflict if there is another one.
func (c *client) deleteObject(ctx context.Context, at place, name string, preconditions metav1.Preconditions) error {
	policy := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{
		TypeMeta:          metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"},
		Preconditions:     &preconditions,
		PropagationPolicy: &policy,
	}
	if c.dry {
		options.DryRun = []string{metav1.DryRunAll}
	}
	body, err := json.Marshal(options)
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	return c.rest.Delete().AbsPath(at.pathSegments(name)...).SetHeader("Content-Type", "application/json").
		MaxRetries(0).Body(body).Do(ctx).Error()
}

func decodeAnswer(answer rest.Result, into any) error {
	raw, err := answer.Raw()
	if err != nil {
		return answer.Error()
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("reading the API server's answer: %w", err)
	}
	return nil
}
