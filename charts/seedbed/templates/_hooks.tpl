{{/* Labels of what a hook makes. Never the selector's: a hook's pod is no controller, behind no Service and in no budget. */}}
{{- define "seedbed.hookLabels" -}}
{{- $own := dict "app.kubernetes.io/name" (printf "%s-%s" (include "seedbed.name" .root | trunc 50) .component) "app.kubernetes.io/part-of" (include "seedbed.name" .root) -}}
{{- omit (include "seedbed.labels" .root | fromYaml) "app.kubernetes.io/instance" | merge $own | toYaml -}}
{{- end -}}

{{/* What the pods of hooks have in common with each other and with the controllers' pods. */}}
{{- define "seedbed.hookPod" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "seedbed.hookContainer" -}}
image: {{ include "seedbed.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
resources:
  requests:
    cpu: 10m
    memory: 32Mi
  limits:
    memory: 128Mi
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
