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
