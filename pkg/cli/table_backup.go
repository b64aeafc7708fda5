package cli

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"seedbed.dev/seedbed/pkg/apis/seedbed/v1alpha1"
)

var backupColumns = []metav1.TableColumnDefinition{
	column("Name"), column("Status"), column("Errors"), column("Warnings"), column("Created"), column("Expires"),
	column("Namespaces"), column("Items"), column("Selector"), wideColumn("Size"), wideColumn("Digest"),
}

func backupRow(backup *v1alpha1.BaselineBackup, now time.Time) []any {
	var items int32
	if backup.Status.Progress != nil {
		items = backup.Status.Progress.ItemsBackedUp
	}
	return []any{
		backup.Name,
		phase(backup.Status.Conditions),
		len(backup.Status.Errors),
		len(backup.Status.Warnings),
		timestamp(&backup.CreationTimestamp),
		until(backup.Status.Expiration, now),
		joined(backup.Spec.IncludedNamespaces, none),
		items,
		selectorText(backup.Spec.LabelSelector),
		size(backup.Status.SizeBytes),
		orNone(backup.Status.Digest),
	}
}

// size is a number of bytes in the unit that makes it short.
func size(bytes int64) string {
	if bytes == 0 {
		return none
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(bytes), 0
	for value >= 1024 && unit < len(units)-1 {
		value /= 1024
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}
