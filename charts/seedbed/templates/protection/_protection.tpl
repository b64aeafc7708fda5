{{/* The name of the Baseline that protects an object, as a list of one; empty if none does. An object with a controller is that
     one's: a Deployment's ReplicaSet has the labels of its template. */}}
{{- define "seedbed.protectionOf" -}}
({{ . }} != null && has({{ . }}.metadata.labels) && 'seedbed.dev/protected' in {{ . }}.metadata.labels
&& !(has({{ . }}.metadata.ownerReferences) && {{ . }}.metadata.ownerReferences.exists(o, has(o.controller) && o.controller))
? [{{ . }}.metadata.labels['seedbed.dev/protected']] : [])
{{- end -}}
