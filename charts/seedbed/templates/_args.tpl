{{/* The controller's flags, as a YAML list. */}}
{{- define "seedbed.args" -}}
- --namespace=$(POD_NAMESPACE)
- --tls-mode={{ .Values.tls.mode }}
- --tls-secret={{ include "seedbed.tlsSecret" . }}
- --tls-dns-names={{ include "seedbed.tlsNames" . | fromJsonArray | join "," }}
{{- if .Values.webhook.url }}
- --webhook-segment={{ .Values.webhook.segment }}
{{- else }}
- --webhook-path-secret={{ include "seedbed.pathSecret" . }}
{{- end }}
- --webhook-configuration={{ include "seedbed.fullname" . }}
- --webhook-port={{ .Values.webhook.port }}
{{- with .Values.webhook.bindAddress }}
- {{ printf "--webhook-bind-address=%s" . | quote }}
{{- end }}
{{- if include "seedbed.clientCAVolume" . }}
- --webhook-client-ca=/client-ca/{{ .Values.webhook.clientCA.key }}
{{- with .Values.webhook.clientCA.names }}
- {{ printf "--webhook-client-names=%s" (join "," .) | quote }}
{{- end }}
{{- end }}
- --webhook-api-requests={{ .Values.webhook.apiRequests }}
- --gate={{ .Values.gate.enabled }}
- --protection={{ .Values.protection.enabled }}
- {{ printf "--velero-namespace=%s" .Values.velero.namespace | quote }}
- --velero-hold-at-most={{ .Values.velero.holdAtMost }}
- --audit-interval={{ .Values.audit.interval }}
- --metrics-bind-address=:{{ .Values.metrics.port }}
- --metrics-secure={{ .Values.metrics.secure }}
- --health-probe-bind-address=:{{ .Values.healthPort }}
{{- with .Values.controller }}
- --workers={{ .workers }}
- --restore-parallelism={{ .restoreParallelism }}
- --plan-cache-bytes={{ .planCacheBytes }}
- --leader-elect={{ .leaderElection.enabled }}
- --leader-elect-lease-duration={{ .leaderElection.leaseDuration }}
{{- range .clusterDomains }}
- --cluster-domain={{ . }}
{{- end }}
- --log-level={{ .log.level }}
- --log-format={{ .log.format }}
{{- with .pprofAddress }}
- {{ printf "--pprof-address=%s" . | quote }}
{{- end }}
{{- end }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}
