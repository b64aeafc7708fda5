package archive

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// identity is the identity in an object's own fields.
type identity struct {
	group, version, kind, namespace, name string
}

// readIdentity returns an object's identity as its later readers will decode it: keys match exactly, and the last of
// two equal keys counts. Decoding into a struct does neither, so this check and those readers could see different
// objects. No error contains any of the content, which may be a Secret's.
func readIdentity(content []byte) (identity, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(content, &object); err != nil || object == nil {
		return identity{}, jsonError(err)
	}
	var metadata map[string]json.RawMessage
	if err := unmarshalKey(object, "metadata", &metadata); err != nil {
		return identity{}, err
	}
	var id identity
	var apiVersion string
	err := errors.Join(
		unmarshalKey(object, "apiVersion", &apiVersion),
		unmarshalKey(object, "kind", &id.kind),
		unmarshalKey(metadata, "name", &id.name),
		unmarshalKey(metadata, "namespace", &id.namespace),
	)
	if err != nil {
		return identity{}, err
	}
	group, version, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
		group, version = "", apiVersion
	}
	id.group, id.version = group, version
	return id, nil
}

// unmarshalKey decodes object[key] into the value, if the key is present.
func unmarshalKey(object map[string]json.RawMessage, key string, into any) error {
	raw, ok := object[key]
	if !ok {
		return nil
	}
	if json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("its %s has the wrong type", key)
	}
	return nil
}

// jsonError returns an error that locates a syntax error without quoting the content.
func jsonError(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("it is not valid JSON at byte %d", syntax.Offset)
	}
	return errors.New("it is not a JSON object")
}

// checkObject compares an object's identity with its path and returns its API version. The kind cannot be compared:
// the path holds the plural, and only the cluster maps it to a kind.
func checkObject(content []byte, l location) (version string, err error) {
	id, err := readIdentity(content)
	if err != nil {
		return "", err
	}
	switch {
	case id.kind == "":
		return "", errors.New("it has no kind")
	case !versionPattern.MatchString(id.version):
		return "", fmt.Errorf("its apiVersion holds no version: %s", quote(id.version))
	case id.group != l.group():
		return "", fmt.Errorf("its apiVersion names the group %s, its path %s", quote(id.group), quote(l.group()))
	case id.namespace != l.namespace:
		return "", fmt.Errorf("its metadata.namespace is %s, its path names %s", quote(id.namespace), quote(l.namespace))
	case id.name != l.name:
		return "", fmt.Errorf("its metadata.name is %s, its path names %s", quote(id.name), quote(l.name))
	}
	return id.version, checkVersion(id.version, l)
}

// checkVersion compares an object's version with the one in its path, if the path has one.
func checkVersion(version string, l location) error {
	if l.preferred && version != l.version {
		return fmt.Errorf("its apiVersion names the version %s, its path %s", quote(version), quote(l.version))
	}
	return nil
}
