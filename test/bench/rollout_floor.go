//go:build bench

package main

import (
	"context"
	"encoding/json"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/test/seedbed"
)

// updatesAtOnce is the number of namespaces that the floor updates at a time, as Seedbed does.
const updatesAtOnce = 8

// floorRollout patches the changed objects of each namespace, which have a log of that content, and replaces its record, as
// Seedbed's user. The records are read before.
func (b *bench) floorRollout(ctx context.Context, namespaces []string, size int, log string) (time.Duration, error) {
	b.floorRollouts++
	patch, err := json.Marshal([]map[string]any{
		{"op": "test", "path": "/metadata/labels/seedbed.dev~1baseline", "value": rolloutName},
		{"op": "test", "path": "/data/log", "value": log},
		{"op": "replace", "path": "/data/log", "value": log},
		{"op": "add", "path": "/metadata/labels/bench-floor", "value": strconv.Itoa(b.floorRollouts)},
	})
	if err != nil {
		return 0, err
	}
	records, err := b.encodeRecords(ctx)
	if err != nil {
		return 0, err
	}
	config := separateConnection(b.cluster.Config())
	config.Impersonate.UserName = "system:serviceaccount:" + seedbed.Namespace + ":seedbed"
	bare, err := newBareClient(config, 1, leanStyle)
	if err != nil {
		return 0, err
	}
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	profiled := b.startProfile(ctx, "floor")
	began := time.Now()
	for range updatesAtOnce {
		group.Go(func() error {
			for i := next.Add(1) - 1; i < int64(len(namespaces)); i = next.Add(1) - 1 {
				namespace := namespaces[i]
				for object := range b.changed {
					path := "/api/v1/namespaces/" + namespace + "/configmaps/" + newObject(size, object, nil).Name
					if err := bare.send(ctx, "PATCH", path, "application/json-patch+json", patch); err != nil {
						return err
					}
				}
				path := "/apis/" + v1alpha1.GroupVersion.String() + "/namespaces/" + namespace + "/baselinerecords/" + rolloutName
				if err := bare.send(ctx, "PUT", path, "application/json", records[namespace]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err = group.Wait()
	took := time.Since(began)
	return took, firstError(profiled(), err)
}

// encodeRecords returns the record of each namespace with one more annotation, by namespace.
func (b *bench) encodeRecords(ctx context.Context) (map[string][]byte, error) {
	var list v1alpha1.BaselineRecordList
	if err := b.installation.Client.List(ctx, &list); err != nil {
		return nil, err
	}
	records := map[string][]byte{}
	for i := range list.Items {
		record := &list.Items[i]
		if record.Name != rolloutName {
			continue
		}
		record.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("BaselineRecord"))
		record.ManagedFields = nil
		metav1.SetMetaDataAnnotation(&record.ObjectMeta, "bench", strconv.Itoa(b.floorRollouts))
		body, err := json.Marshal(record)
		if err != nil {
			return nil, err
		}
		records[record.Namespace] = body
	}
	return records, nil
}
