// Package transform decides how an object changes on its way from the source namespace to a target. It holds pure
// functions on unstructured objects: no I/O, no clock, no dependence on order.
//
// Clean removes fields that must not be copied: identity, managers' marks, settings that only make sense in the
// source. For an object that is not restored it returns the reason. Map replaces the source namespace's name by the
// target's. The principle: identity always moves; a reference moves exactly when the object it refers to moved with
// it, which the Inventory of the backup records. An object of the backup is restored, remade (a maker that is restored or remade itself
// creates it in the target) or left. References to the first two move; an object whose maker is left, or makes nothing in the target,
// is restored on its own. StageOf returns the stage in which an object is written,
// SelectMetadata the labels and annotations that the target namespace copies.
//
// Each rule has a file of its own: skip_*.go return why an object is not restored, clean_*.go remove fields, map_*.go
// replace the source's name, warn_*.go only add warnings. They run in the order of the tables in clean.go and map.go.
// The rules see objects as a backup holds them, not as the API server would validate them. A value of an unexpected
// shape is therefore left alone with a warning; no rule panics.
//
// Mapping is a pure substitution. A rule decides by the source's name alone. It writes the target's name as the whole
// or a part of a JSON string, and never reads it. So a plan can be mapped once to a placeholder, and the request
// bodies of every namespace are cut from the result.
package transform
