// Package transform decides what becomes of an object on its way from the source namespace to a
// target. Everything in it is a pure function on unstructured objects: no I/O, no clock, no order.
//
// Clean removes what must not be copied (identity, marks of managers, what only makes sense in the
// source) or says that the object is not restored at all. Map makes what names the source namespace
// name the target. The principle: identity always moves; a reference moves exactly when what it refers
// to moved with it, which the Inventory of the backup knows. StageOf says when an object is written,
// and SelectMetadata which labels and annotations the target namespace copies.
//
// Each rule has a file of its own: skip_*.go decide what is not restored, clean_*.go what is removed,
// map_*.go what is substituted or only warned about. They run in the order of the tables in clean.go and
// map.go. The rules see objects as a backup holds them, not as the API server would validate them, so a
// value of an unexpected shape is left alone and told in a warning; nothing panics.
//
// Mapping is a pure substitution. A rule decides by the source's name alone and writes the target's name
// as the whole or a part of a JSON string, without looking at it, so that a plan can be mapped once to a
// placeholder and the request bodies of every namespace cut from the result.
package transform
