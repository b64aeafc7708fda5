{{/* Metadata of a policy and of its binding, which have one name. The name is no part of a release's: there is one group
     seedbed.dev in a cluster, and what is kept when a release goes must be found again by the next. */}}
{{- define "seedbed.policyMetadata" -}}
name: seedbed-authorize-{{ .name }}
labels:
  {{- include "seedbed.labels" .root | nindent 2 }}
{{- if .root.Values.crds.keep }}
annotations:
  helm.sh/resource-policy: keep
{{- end }}
{{- end -}}

{{- define "seedbed.policyBinding" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  {{- include "seedbed.policyMetadata" . | nindent 2 }}
spec:
  policyName: seedbed-authorize-{{ .name }}
  validationActions: [Deny]
{{- end -}}

{{/* A request by somebody. The authorizer is never asked about nobody. */}}
{{- define "seedbed.hasUser" -}}
has(request.userInfo.username) && request.userInfo.username != ''
{{- end -}}

{{- define "seedbed.isSeedbed" -}}
has(request.userInfo.username) && request.userInfo.username == '{{ include "seedbed.username" . }}'
{{- end -}}

{{/* The conditions of one type of a namespace, as a list: no more than one, unless somebody wrote it so. */}}
{{- define "seedbed.conditionsOf" -}}
(has({{ .object }}.status) && has({{ .object }}.status.conditions) ? {{ .object }}.status.conditions.filter(c, c.type == {{ .type }}) : [])
{{- end -}}

{{/* The history of a Baseline, as a list. */}}
{{- define "seedbed.historyOf" -}}
(has({{ . }}.status) && has({{ . }}.status.history) ? {{ . }}.status.history : [])
{{- end -}}

{{/* Whether the label that keeps a Baseline out of the gate is set on one that holds Pods, and was not before. Without it the
     gate evaluates a Baseline that need not be; with it none is evaluated. */}}
{{- define "seedbed.liftsGate" -}}
has(object.spec.gate) && object.spec.gate == 'Pods'
&& has(object.metadata.labels) && 'seedbed.dev/gate' in object.metadata.labels && object.metadata.labels['seedbed.dev/gate'] == 'None'
&& !(oldObject != null && has(oldObject.metadata.labels) && 'seedbed.dev/gate' in oldObject.metadata.labels
&& oldObject.metadata.labels['seedbed.dev/gate'] == 'None')
{{- end -}}

{{/* Variables that read the annotation seedbed.dev/baseline, given its value, trimmed, as variables.value; an absent one is not
     valid. pkg/policy reads it by the same rules. */}}
{{- define "seedbed.annotationVariables" -}}
# One more than allowed is enough to refuse.
- name: names
  expression: "variables.value == 'none' ? [] : variables.value.split(',', 17).map(n, n.trim())"
- name: malformed
  expression: >-
    variables.names.filter(n, n.size() > 63 || n == 'none'
    || !n.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$'))
- name: twice
  expression: variables.names.filter(n, variables.names.filter(m, m == n).size() > 1)
- name: valid
  expression: variables.names.size() <= 16 && variables.malformed.size() == 0 && variables.twice.size() == 0
{{- end -}}
