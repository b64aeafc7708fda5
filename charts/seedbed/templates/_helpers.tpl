{{- define "seedbed.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* The prefix of every name. At most 50 characters, so that every suffix still fits a Service's 63. */}}
{{- define "seedbed.fullname" -}}
{{- $name := include "seedbed.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "seedbed.selectorLabels" -}}
app.kubernetes.io/name: {{ include "seedbed.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "seedbed.labels" -}}
{{ include "seedbed.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "seedbed.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "seedbed.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is required when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "seedbed.username" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "seedbed.serviceAccountName" . }}
{{- end -}}

{{- define "seedbed.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "seedbed.webhookService" -}}
{{ include "seedbed.fullname" . }}-webhook
{{- end -}}

{{- define "seedbed.tlsSecret" -}}
{{ include "seedbed.fullname" . }}-webhook-tls
{{- end -}}

{{/* Every name that a client may verify the webhook's certificate by, as a JSON list. */}}
{{- define "seedbed.tlsNames" -}}
{{- $service := include "seedbed.webhookService" . -}}
{{- $names := list (printf "%s.%s.svc" $service .Release.Namespace) (printf "%s.%s" $service .Release.Namespace) $service -}}
{{- range .Values.controller.clusterDomains -}}
{{- $names = append $names (printf "%s.%s.svc.%s" $service $.Release.Namespace .) -}}
{{- end -}}
{{- with .Values.webhook.url -}}
{{- $names = append $names (urlParse .).hostname -}}
{{- end -}}
{{- $names | uniq | toJson -}}
{{- end -}}

{{/* Where the API server finds the path. Never a caBundle: whoever makes the certificates writes it, and what the chart
     leaves out an upgrade leaves alone. */}}
{{- define "seedbed.clientConfig" -}}
{{- $root := .root -}}
{{- if $root.Values.webhook.url -}}
url: {{ printf "%s%s" (trimSuffix "/" $root.Values.webhook.url) .path | quote }}
{{- else -}}
service:
  namespace: {{ $root.Release.Namespace }}
  name: {{ include "seedbed.webhookService" $root }}
  port: 443
  path: {{ .path }}
{{- end -}}
{{- end -}}
