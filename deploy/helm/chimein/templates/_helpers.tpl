{{- define "chimein.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- /* Of one role: (list $ "brain"). */ -}}
{{- define "chimein.selector" -}}
app.kubernetes.io/name: {{ (index . 0).Chart.Name }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "chimein.labels" -}}
{{ include "chimein.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
{{- end }}

{{- define "chimein.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- /* The port at which a role tells of itself. */ -}}
{{- define "chimein.statusPort" -}}
{{- get (dict "gateway" "8000" "ingest" "8011" "transcriber" "8012" "brain" "8013" "speaker" "8014") . -}}
{{- end }}

{{- /* How long a pod may take to end: what is in hand is handed over first. */ -}}
{{- define "chimein.graceSeconds" -}}
{{- if eq (index . 1) "ingest" }}{{ add (index . 0).Values.ingest.drainSeconds 35 }}{{ else }}30{{ end -}}
{{- end }}

{{- define "chimein.env" -}}
- name: BIND_HOST
  value: 0.0.0.0
{{- if .Values.host }}
- name: PUBLIC_URL
  value: https://{{ .Values.host }}
- name: WEBSOCKET_DOMAIN
  value: {{ .Values.socketHost | default .Values.host }}
{{- end }}
- name: INGEST_DRAIN_S
  value: {{ .Values.ingest.drainSeconds | quote }}
{{- if .Values.redis.internal }}
- name: REDIS_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ .Values.existingSecret }}, key: REDIS_PASSWORD } }
- name: REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "chimein.fullname" . }}-redis:6379/0
{{- end }}
{{- range $name, $value := .Values.config }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
