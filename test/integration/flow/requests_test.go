package flow

import (
	"bytes"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// countRequests returns how many requests the API server has answered, of those whose labels match.
func (e *env) countRequests(matches func(labels map[string]string) bool) float64 {
	e.t.Helper()
	config := e.Cluster.Config()
	config.GroupVersion, config.NegotiatedSerializer = &schema.GroupVersion{Version: "v1"}, clientgoscheme.Codecs.WithoutConversion()
	server, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		e.t.Fatal(err)
	}
	text, err := server.Get().AbsPath("/metrics").DoRaw(e.ctx())
	if err != nil {
		e.t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		e.t.Fatal(err)
	}
	var count float64
	for _, series := range families["apiserver_request_total"].GetMetric() {
		labels := map[string]string{}
		for _, pair := range series.GetLabel() {
			labels[pair.GetName()] = pair.GetValue()
		}
		if matches(labels) {
			count += series.GetCounter().GetValue()
		}
	}
	return count
}
