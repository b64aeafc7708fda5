package flow

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

func scratchTotals(w *world) map[string]float64 {
	c, err := kubernetes.NewForConfig(w.Cluster.Config())
	if err != nil {
		w.t.Fatal(err)
	}
	raw, err := c.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(w.ctx())
	if err != nil {
		w.t.Fatal(err)
	}
	out := map[string]float64{}
	re := regexp.MustCompile(`^apiserver_request_total\{(.*)\} (\S+)$`)
	field := regexp.MustCompile(`(\w+)="([^"]*)"`)
	s := bufio.NewScanner(bytes.NewReader(raw))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		m := re.FindStringSubmatch(s.Text())
		if m == nil {
			continue
		}
		l := map[string]string{}
		for _, f := range field.FindAllStringSubmatch(m[1], -1) {
			l[f[1]] = f[2]
		}
		var v float64
		fmt.Sscan(m[2], &v)
		out[strings.Join([]string{l["verb"], l["group"], l["resource"], l["subresource"], l["code"]}, " ")] += v
	}
	return out
}

func TestScratchCalls(t *testing.T) {
	w := own(t)
	c := w.start()
	var objects []client.Object
	for i := range 20 {
		objects = append(objects, configMap(fmt.Sprintf("object-%d", i)))
	}
	b := w.baseline(w.backup(w.source(objects...), "configmaps").Name, func(s *v1alpha1.BaselineSpec) {
		s.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"burst": "yes"}}
	})
	time.Sleep(7 * time.Second)
	before := scratchTotals(w)
	for i := range 50 {
		n := labelled(fmt.Sprintf("n-%d", i), "burst", "yes")
		if i%2 == 0 {
			n.Annotations = map[string]string{v1alpha1.AnnotationBaseline: b.Name}
		}
		w.create(n)
	}
	time.Sleep(8 * time.Second)
	after := scratchTotals(w)
	var lines []string
	for k, v := range after {
		if d := v - before[k]; d > 0 {
			lines = append(lines, fmt.Sprintf("%6.0f %s", d, k))
		}
	}
	sort.Strings(lines)
	fmt.Println(strings.Join(lines, "\n"))
	log, _ := os.ReadFile(c.Log)
	fmt.Println("restored lines", bytes.Count(log, []byte(`"restored"`)), "backed up lines", bytes.Count(log, []byte(`"backed up"`)))
	for _, l := range strings.Split(string(log), "\n") {
		if strings.Contains(l, "backed up") || strings.Contains(l, "ERROR") {
			fmt.Println(l)
		}
	}
}

func TestScratchHandover(t *testing.T) {
	w := own(t)
	leader := w.start()
	b := w.fill()
	second := w.start()
	_ = second
	_ = b
	for i := range 20 {
		w.create(labelled(fmt.Sprintf("pre-%d", i), "burst", "yes"))
	}
	go func() {
		for i := range 200 {
			_ = w.Client.Create(context.Background(), labelled(fmt.Sprintf("mid-%d", i), "burst", "yes"))
			time.Sleep(20*time.Millisecond)
		}
	}()
	time.Sleep(time.Second)
	lease := &coordinationv1.Lease{}
	get := func() string {
		if err := w.Client.Get(context.Background(), client.ObjectKey{Namespace: "seedbed-system", Name: "seedbed-leader"}, lease); err != nil {
			return err.Error()
		}
		if lease.Spec.HolderIdentity == nil {
			return ""
		}
		return *lease.Spec.HolderIdentity
	}
	first := get()
	began := time.Now()
	ended := make(chan struct{})
	go func() { leader.Stop(); fmt.Println("process ended after", time.Since(began)); close(ended) }()
	released := false
	for {
		now := get()
		if now != first && !released {
			released = true
			fmt.Println("released after", time.Since(began), now)
		}
		if now != first && now != "" {
			fmt.Println("taken after", time.Since(began), now)
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.create(labelled("after", "burst", "yes"))
	w.awaitReady("after", corev1.ConditionTrue, "")
	fmt.Println("populated after", time.Since(began))
	<-ended
	log, _ := os.ReadFile(leader.Log)
	_ = log
	log2, _ := os.ReadFile(second.Log)
	for _, l := range strings.Split(string(log2), "\n") {
		fmt.Println(l[:min(len(l), 330)])
	}
}
