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

{{- define "seedbed.pathSecret" -}}
{{ include "seedbed.fullname" . }}-webhook-paths
{{- end -}}

{{- define "seedbed.metricsService" -}}
{{ include "seedbed.fullname" . }}-metrics
{{- end -}}

{{/* Every name that a client, of the webhook or of the metrics, may verify the certificate by, as a JSON list. */}}
{{- define "seedbed.tlsNames" -}}
{{- $service := include "seedbed.webhookService" . -}}
{{- $names := list (printf "%s.%s.svc" $service .Release.Namespace) (printf "%s.%s" $service .Release.Namespace) $service -}}
{{- range .Values.controller.clusterDomains -}}
{{- $names = append $names (printf "%s.%s.svc.%s" $service $.Release.Namespace .) -}}
{{- end -}}
{{- with .Values.webhook.url -}}
{{- $names = append $names (urlParse .).hostname -}}
{{- end -}}
{{- if and .Values.metrics.secure .Values.metrics.service.enabled -}}
{{- $metrics := include "seedbed.metricsService" . -}}
{{- $names = concat $names (list (printf "%s.%s.svc" $metrics .Release.Namespace) (printf "%s.%s" $metrics .Release.Namespace)) -}}
{{- range .Values.controller.clusterDomains -}}
{{- $names = append $names (printf "%s.%s.svc.%s" $metrics $.Release.Namespace .) -}}
{{- end -}}
{{- end -}}
{{- $names | uniq | toJson -}}
{{- end -}}

{{/* How the API server calls the webhook of that name. Never a caBundle or a path: whoever makes them writes them, and what the
     chart leaves out an upgrade leaves alone. Of a URL the path is a part, so there the administrator chooses it. */}}
{{- define "seedbed.clientConfig" -}}
{{- $root := .root -}}
{{- if $root.Values.webhook.url -}}
{{- $segment := required "webhook.segment is required with webhook.url: make one by `openssl rand -hex 32`" $root.Values.webhook.segment -}}
url: {{ printf "%s/%s/%s" (trimSuffix "/" $root.Values.webhook.url) $segment .name | quote }}
{{- else -}}
service:
  namespace: {{ $root.Release.Namespace }}
  name: {{ include "seedbed.webhookService" $root }}
  port: 443
{{- end -}}
{{- end -}}

{{/* The volume with the CA of webhook.clientCA; nothing where it is not set. */}}
{{- define "seedbed.clientCAVolume" -}}
{{- with .Values.webhook.clientCA -}}
{{- if and .configMap .secret -}}
{{- fail "webhook.clientCA names a configMap and a secret: set one of them" -}}
{{- else if .configMap -}}
configMap:
  name: {{ .configMap }}
{{- else if .secret -}}
secret:
  secretName: {{ .secret }}
{{- end -}}
{{- end -}}
{{- end -}}
