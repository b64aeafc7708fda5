package main

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
	"seedbed.dev/seedbed/pkg/controller/records"
	"seedbed.dev/seedbed/pkg/seal"
)

// loadRecordKeys starts to load the keys of records. Their users block until they are loaded.
func (p *process) loadRecordKeys(ctx context.Context) error {
	client, err := metadata.NewForConfig(p.config)
	if err != nil {
		return fmt.Errorf("making a client for metadata: %w", err)
	}
	p.keys = seal.NewRing()
	go p.keys.Load(ctx, p.client.CoreV1().Secrets(p.options.namespace), func(ctx context.Context) (bool, error) {
		first, err := client.Resource(v1alpha1.GroupVersion.WithResource("baselinerecords")).List(ctx, metav1.ListOptions{Limit: 1})
		if err != nil {
			return false, err
		}
		return meta.LenList(first) > 0, nil
	})
	return nil
}

// setupRecordKeys keeps the keys in their Secret, and seals records anew if a key was replaced.
func (p *process) setupRecordKeys() error {
	secrets := p.client.CoreV1().Secrets(p.options.namespace)
	if err := p.mgr.Add(&seal.Keeper{Ring: p.keys, Secrets: secrets}); err != nil {
		return err
	}
	return p.mgr.Add(&records.Resealer{
		Records:  &records.Store{Client: p.mgr.GetClient(), Live: p.mgr.GetAPIReader(), Sealer: p.keys},
		Previous: &seal.PreviousKey{Ring: p.keys, Secrets: secrets},
	})
}
