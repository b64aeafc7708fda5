package archive_test

import (
	"bytes"
	"errors"
	"fmt"

	"seedbed.dev/seedbed/pkg/archive"
)

// An archive is written object by object and read back as a stream.
func Example() {
	var file bytes.Buffer
	writer, err := archive.NewWriter(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = writer.Add(archive.Item{
		Resource: "services", Namespace: "foo", Name: "web",
		Content: []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"foo"}}`),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := writer.Close(); err != nil {
		fmt.Println(err)
		return
	}
	version, err := archive.Read(&file, archive.Limits{}, func(item archive.Item) error {
		fmt.Println(item.Resource, item.Version, item.Namespace, item.Name)
		return nil
	})
	fmt.Println(version, err)
	// Output:
	// services v1 foo web
	// 1.1.0 <nil>
}

// An object that does not match its path is rejected, and the archive can continue.
func ExampleWriter_Add() {
	writer, err := archive.NewWriter(&bytes.Buffer{})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = writer.Add(archive.Item{
		Resource: "services", Namespace: "foo", Name: "web",
		Content: []byte(`{"apiVersion":"v1","kind":"Service","metadata":{"name":"api","namespace":"foo"}}`),
	})
	fmt.Println(errors.Is(err, archive.ErrInvalidItem))
	fmt.Println(err)
	// Output:
	// true
	// archive "resources/services/namespaces/foo/web.json": it cannot be archived: its metadata.name is "api", its path names "web"
}

// A limit that an archive exceeds is an error that wraps ErrLimit.
func ExampleRead() {
	var file bytes.Buffer
	writer, err := archive.NewWriter(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := writer.Close(); err != nil {
		fmt.Println(err)
		return
	}
	_, err = archive.Read(&file, archive.Limits{EntryBytes: 5}, func(archive.Item) error { return nil })
	fmt.Println(errors.Is(err, archive.ErrLimit))
	fmt.Println(err)
	// Output:
	// true
	// archive: entry "metadata/version": the archive is too large: this entry has 6 bytes, at most 5 are possible
}
