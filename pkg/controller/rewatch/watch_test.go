package rewatch

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
)

// fakeConnection is the result of one watch request: an error, or these events and then the end.
type fakeConnection struct {
	refused error
	events  []watch.Event
}

// serveConnections answers watches with one connection after the other, and then with one that stays open.
func serveConnections(connections ...fakeConnection) (cache.ListerWatcher, *[]metav1.ListOptions) {
	var asked []metav1.ListOptions
	return &cache.ListWatch{WatchFuncWithContext: func(_ context.Context, options metav1.ListOptions) (watch.Interface, error) {
		asked = append(asked, options)
		if len(asked) > len(connections) {
			return watch.NewFake(), nil
		}
		next := connections[len(asked)-1]
		if next.refused != nil {
			return nil, next.refused
		}
		events := watch.NewFakeWithChanSize(len(next.events), false)
		for _, event := range next.events {
			events.Action(event.Type, event.Object)
		}
		events.Stop()
		return events, nil
	}}, &asked
}

func newEvent(kind watch.EventType, version string) watch.Event {
	return watch.Event{Type: kind, Object: &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{ResourceVersion: version}}}
}

func initialEventsEnd(version string) watch.Event {
	end := newEvent(watch.Bookmark, version)
	end.Object.(*corev1.ConfigMap).Annotations = map[string]string{metav1.InitialEventsAnnotationKey: "true"}
	return end
}

func errorEvent(err apierrors.APIStatus) watch.Event {
	status := err.Status()
	return watch.Event{Type: watch.Error, Object: &status}
}

func TestBrokenWatchIsResumed(t *testing.T) {
	away, expired := apierrors.NewServiceUnavailable("away"), apierrors.NewResourceExpired("too old")
	plain := metav1.ListOptions{ResourceVersion: "1"}
	whole := metav1.ListOptions{SendInitialEvents: new(true), ResourceVersionMatch: metav1.ResourceVersionMatchNotOlderThan}
	tests := map[string]struct {
		options     metav1.ListOptions
		connections []fakeConnection
		// seen are the versions of the forwarded events; "!" is an error.
		seen []string
		// asked are the versions at which the watches start.
		asked []string
		// over is true if the watch has ended.
		over bool
	}{
		"where it was": {
			options:     plain,
			connections: []fakeConnection{{events: []watch.Event{newEvent(watch.Added, "2"), newEvent(watch.Modified, "3")}}, {events: []watch.Event{newEvent(watch.Deleted, "4")}}},
			seen:        []string{"2", "3", "4"}, asked: []string{"1", "3", "4"},
		},
		"from its beginning, where nothing came": {options: plain, connections: []fakeConnection{{}}, asked: []string{"1", "1"}},
		"after a bookmark":                       {options: plain, connections: []fakeConnection{{events: []watch.Event{newEvent(watch.Bookmark, "9")}}}, seen: []string{"9"}, asked: []string{"1", "9"}},
		"when it broke in an event": {
			options: plain, connections: []fakeConnection{{events: []watch.Event{newEvent(watch.Added, "2"), errorEvent(apierrors.NewInternalError(errors.New("reset")))}}},
			seen: []string{"2"}, asked: []string{"1", "2"},
		},
		"however often it is refused": {
			options: plain, connections: []fakeConnection{{events: []watch.Event{newEvent(watch.Added, "2")}}, {refused: away}, {refused: away}, {refused: away}},
			seen: []string{"2"}, asked: []string{"1", "2", "2", "2", "2"},
		},
		"unless its version expired meanwhile": {
			options: plain, connections: []fakeConnection{{events: []watch.Event{newEvent(watch.Added, "2")}}, {refused: expired}},
			seen: []string{"2", "!"}, asked: []string{"1", "2"}, over: true,
		},
		"unless it says that its version expired": {
			options: plain, connections: []fakeConnection{{events: []watch.Event{errorEvent(expired)}}}, seen: []string{"!"}, asked: []string{"1"}, over: true,
		},
		"after all that was there at the beginning": {
			options: whole, connections: []fakeConnection{{events: []watch.Event{newEvent(watch.Added, "7"), newEvent(watch.Added, "5"), initialEventsEnd("8")}}},
			seen: []string{"7", "5", "8"}, asked: []string{"", "8"},
		},
		"unless it broke before that": {
			options: whole, connections: []fakeConnection{{events: []watch.Event{newEvent(watch.Added, "7"), newEvent(watch.Added, "5")}}},
			seen: []string{"7", "5"}, asked: []string{""}, over: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				from, asked := serveConnections(test.connections...)
				resumed, err := cache.ToListerWatcherWithContext(ListerWatcher(from)).WatchWithContext(t.Context(), test.options)
				if err != nil {
					t.Fatal(err)
				}
				seen, over := collectEvents(resumed)
				if !slices.Equal(seen, test.seen) || over != test.over {
					t.Errorf("seen %q, over %v; want %q, %v", seen, over, test.seen, test.over)
				}
				var versions []string
				for i, options := range *asked {
					versions = append(versions, options.ResourceVersion)
					if i > 0 && (options.SendInitialEvents != nil || options.ResourceVersionMatch != "") {
						t.Errorf("watch %d asks for everything again: %+v", i, options)
					}
				}
				if !slices.Equal(versions, test.asked) {
					t.Errorf("the watches begin with %q, want %q", versions, test.asked)
				}
				resumed.Stop()
				synctest.Wait()
			})
		})
	}
}

// collectEvents returns the events of a watch until none arrives for a minute.
func collectEvents(from watch.Interface) (seen []string, over bool) {
	for {
		select {
		case event, open := <-from.ResultChan():
			switch {
			case !open:
				return seen, true
			case event.Type == watch.Error:
				seen = append(seen, "!")
			default:
				seen = append(seen, event.Object.(*corev1.ConfigMap).ResourceVersion)
			}
		case <-time.After(time.Minute):
			return seen, false
		}
	}
}

func TestRequestRecoversWithinMaxDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, tries := time.Now(), 0
		away := true
		time.AfterFunc(2*time.Minute, func() { away = false })
		from := &cache.ListWatch{ListWithContextFunc: func(context.Context, metav1.ListOptions) (runtime.Object, error) {
			if tries++; away {
				return nil, apierrors.NewServiceUnavailable("away")
			}
			return &corev1.ConfigMapList{}, nil
		}}
		if _, err := cache.ToListerWatcherWithContext(ListerWatcher(from)).ListWithContext(t.Context(), metav1.ListOptions{}); err != nil {
			t.Fatal(err)
		}
		if after := time.Since(began) - 2*time.Minute; after > maxDelay+maxDelay/4 || tries < 50 {
			t.Errorf("answered %s after the outage, by try %d", after, tries)
		}
	})
}

func TestRequestEndsWithItsContext(t *testing.T) {
	from, asked := serveConnections(fakeConnection{refused: apierrors.NewForbidden(corev1.Resource("configmaps"), "", nil)}, fakeConnection{refused: apierrors.NewServiceUnavailable("away")})
	resumed := cache.ToListerWatcherWithContext(ListerWatcher(from))
	if _, err := resumed.WatchWithContext(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) || len(*asked) != 1 {
		t.Errorf("%v after %d requests, want the refusal at once", err, len(*asked))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := resumed.WatchWithContext(ctx, metav1.ListOptions{}); !apierrors.IsServiceUnavailable(err) || len(*asked) != 2 {
		t.Errorf("%v after %d requests, want the last answer", err, len(*asked))
	}
}
