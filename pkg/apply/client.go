package apply

import (
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

// client speaks to the API server in ready-made JSON. Every path that it knows lies below a namespace.
type client struct {
	rest rest.Interface
	// creates, header and base, where the API begins, are for create. Transports do not change a request's header.
	creates      http.RoundTripper
	header       http.Header
	base         *url.URL
	fieldManager string
	// dry makes a dry run of every write.
	dry bool
}

// callTimeout bounds one call: an API server that hangs must not hold a worker.
const callTimeout = 10 * time.Second

// newClient makes a client without a rate limit of its own: the API server's priority and fairness is the limit.
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
	creates, err := ownConnection(config)
	if err != nil {
		return nil, err
	}
	return &client{rest: restClient, creates: creates, header: createHeader(config), base: restClient.Get().URL(), fieldManager: fieldManager}, nil
}

func createHeader(config *rest.Config) http.Header {
	agent := config.UserAgent
	if agent == "" {
		agent = rest.DefaultKubernetesUserAgent()
	}
	return http.Header{"Accept": {metadataOnly}, "Content-Type": {"application/json"}, "User-Agent": {agent}}
}

// dryRun is the same client for somebody who must not change anything.
func (c *client) dryRun() *client {
	dry := *c
	dry.dry = true
	return &dry
}

// write is a create or an update as this client may send it.
func (c *client) write(request *rest.Request) *rest.Request {
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

func (p place) segments(name ...string) []string {
	root := []string{"/apis", p.resource.Group, p.resource.Version}
	if p.resource.Group == "" {
		root = []string{"/api", p.resource.Version}
	}
	return append(append(root, "namespaces", p.namespace, p.resource.Resource), name...)
}

// metadataOnly asks the API server to leave everything but metadata out of its answer.
const metadataOnly = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"

// try asks the API server whether it would create an object, without creating it.
func (c *client) try(ctx context.Context, at place, body []byte) error {
	_, err := c.dryRun().create(ctx, at, body, false)
	return err
}

// get returns an object's JSON.
func (c *client) get(ctx context.Context, at place, name string) ([]byte, error) {
	answer := c.rest.Get().AbsPath(at.segments(name)...).MaxRetries(0).Do(ctx)
	if err := answer.Error(); err != nil { // which Raw would not tell apart
		return nil, err
	}
	return answer.Raw()
}

// replace puts an object over one that was read, and fails with a conflict when that has changed since.
func (c *client) replace(ctx context.Context, at place, name string, object *unstructured.Unstructured, strict bool) error {
	request, err := c.put(at, name, object, strict)
	if err != nil {
		return err
	}
	return request.SetHeader("Accept", metadataOnly).Do(ctx).Error()
}

// tryReplace asks the API server what would come of replace, without changing anything.
func (c *client) tryReplace(ctx context.Context, at place, name string, object *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	request, err := c.dryRun().put(at, name, object, false)
	if err != nil {
		return nil, err
	}
	would := &unstructured.Unstructured{}
	return would, decode(request.Do(ctx), &would.Object)
}

func (c *client) put(at place, name string, object *unstructured.Unstructured, strict bool) (*rest.Request, error) {
	body, err := json.Marshal(object.Object)
	if err != nil {
		return nil, fmt.Errorf("encoding: %w", err)
	}
	return c.write(c.rest.Put()).AbsPath(at.segments(name)...).Param("fieldValidation", validation(strict)).Body(body), nil
}

func validation(strict bool) string {
	if strict {
		return metav1.FieldValidationStrict
	}
	return metav1.FieldValidationIgnore
}

// remove deletes the object of that UID, and no other of the same name.
func (c *client) remove(ctx context.Context, at place, name string, uid types.UID) error {
	policy := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{
		TypeMeta:          metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"},
		Preconditions:     &metav1.Preconditions{UID: &uid},
		PropagationPolicy: &policy,
	}
	if c.dry {
		options.DryRun = []string{metav1.DryRunAll}
	}
	body, err := json.Marshal(options)
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	return c.rest.Delete().AbsPath(at.segments(name)...).SetHeader("Content-Type", "application/json").
		MaxRetries(0).Body(body).Do(ctx).Error()
}

func decode(answer rest.Result, into any) error {
	raw, err := answer.Raw()
	if err != nil {
		return answer.Error()
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("reading the API server's answer: %w", err)
	}
	return nil
}
