{{/* Whether a label selector, given as a CEL expression that is set, matches the labels of the Pod's namespace. */}}
{{- define "seedbed.selects" -}}
(!has({{ . }}.matchLabels) || {{ . }}.matchLabels.all(k, k in variables.labels && variables.labels[k] == {{ . }}.matchLabels[k]))
&& (!has({{ . }}.matchExpressions) || {{ . }}.matchExpressions.all(e,
e.operator == 'Exists' ? e.key in variables.labels
: e.operator == 'DoesNotExist' ? !(e.key in variables.labels)
: e.operator == 'In' ? e.key in variables.labels && variables.labels[e.key] in e.values
: !(e.key in variables.labels) || !(variables.labels[e.key] in e.values)))
{{- end -}}
{{- define "seedbed.gateConstraints" -}}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: NotIn
      values: [{{ .Release.Namespace }}, kube-system, kube-public, kube-node-lease]
resourceRules:
  - apiGroups: [""]
    apiVersions: [v1]
    operations: [CREATE]
    resources: [pods]
    scope: Namespaced
{{- end -}}
{{/* namespaceObject is empty in a matchCondition: nothing here may look at it. */}}
{{- define "seedbed.gateConditions" -}}
# A baseline may hold Pods itself: they are restored last, behind the guards.
- name: not-seedbed-itself
  expression: request.userInfo.username != '{{ include "seedbed.username" . }}'
{{- with .Values.gate.exemptUsers }}
- name: not-an-exempt-user
  expression: "!(request.userInfo.username in [{{ range $i, $user := . }}{{ if $i }}, {{ end }}'{{ $user }}'{{ end }}])"
{{- end }}
# The kubelet's own, which run already.
- name: not-a-mirror-pod
  expression: "!has(object.metadata.annotations) || !('kubernetes.io/config.mirror' in object.metadata.annotations)"
{{- end -}}
