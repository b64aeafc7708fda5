package flow

// upgradedObject is an object of a baseline that an earlier version of Seedbed wrote, by its rules N. The present version has the
// rules N+1. In manifests and patches SOURCE is the namespace of the backup, and TARGET the one that holds the baseline.
type upgradedObject struct {
	manifest string
	// older is the merge patch from what the rules N+1 write to what the rules N wrote.
	older string
	// change is the merge patch of the object in the source namespace, between the two backups.
	change string
	// calls are those of the update.
	calls string
	// want has fields of the object after the update, by their JSONPath.
	want map[string]string
}

const (
	mappedText = "sole writer, a mapped text of another value"

	fastCalls = "PATCH"
	slowCalls = "PATCH GET PUT"
	// marked is a label and an annotation that the rules N+1 do not write.
	marked = `"labels":{"rules":"n"},"annotations":{"rules":"n"}`
)

// upgradedObjects are by the row of the contract (day2.md, 4.4) that decides about them.
var upgradedObjects = map[string]upgradedObject{
	// Fast: the changed field is as the rules N+1 write it. Fields that only the rules N wrote are no part of the change and stay.
	"fast, with a label and an annotation more": {
		manifest: `{apiVersion: v1, kind: Secret, metadata: {name: login}, stringData: {user: app, password: old}}`,
		older:    `{"metadata":{` + marked + `}}`,
		change:   `{"stringData":{"password":"new"}}`,
		calls:    fastCalls,
		want:     map[string]string{".data.password": "bmV3", ".metadata.labels.rules": "n", ".metadata.annotations.rules": "n"},
	},
	"fast, with a mapped text of another value": {
		manifest: `{apiVersion: v1, kind: ConfigMap, metadata: {name: other-text}, data: {mode: old, url: http://web.SOURCE.svc}}`,
		older:    `{"data":{"url":"http://web.SOURCE.svc"}}`,
		change:   `{"data":{"mode":"new"}}`,
		calls:    fastCalls,
		want:     map[string]string{".data.mode": "new", ".data.url": "http://web.SOURCE.svc"},
	},
	"fast, without a field that has a default": {
		manifest: `{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, sessionAffinity: None, ports: [{port: 80}]}}`,
		older:    `{"metadata":{"annotations":{"rules":"n"}},"spec":{"sessionAffinity":null,"internalTrafficPolicy":null}}`,
		change:   `{"spec":{"selector":{"app":"web2"}}}`,
		calls:    fastCalls,
		want:     map[string]string{".spec.selector.app": "web2", ".spec.sessionAffinity": "None", ".metadata.annotations.rules": "n"},
	},
	"fast, without an annotation": {
		manifest: `{apiVersion: v1, kind: ConfigMap, metadata: {name: less, annotations: {team: core}}, data: {mode: old}}`,
		older:    `{"metadata":{"annotations":null}}`,
		change:   `{"data":{"mode":"new"}}`,
		calls:    fastCalls,
		want:     map[string]string{".data.mode": "new", ".metadata.annotations.team": ""},
	},
	// Written by none but Seedbed: the rules N wrote the changed field otherwise, and the new object is grafted over it. Labels and
	// annotations are those of both.
	mappedText: {
		manifest: `{apiVersion: v1, kind: ConfigMap, metadata: {name: text}, data: {url: http://web.SOURCE.svc}}`,
		older:    `{"metadata":{` + marked + `},"data":{"url":"http://web.SOURCE.svc","extra":"n"}}`,
		change:   `{"data":{"url":"http://web.SOURCE.svc:81"}}`,
		calls:    slowCalls,
		want:     map[string]string{".data.url": "http://web.TARGET.svc:81", ".data.extra": "", ".metadata.labels.rules": "n", ".metadata.annotations.rules": "n"},
	},
	"sole writer, a Deployment": {
		manifest: `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 0, selector: {matchLabels: {app: web}},
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: "web:1", env: [{name: API, value: http://web.SOURCE.svc}]}]}}}}`,
		older: `{"metadata":{` + marked + `},"spec":{"revisionHistoryLimit":null,"template":{"spec":{"containers":[
  {"name":"web","image":"web:1","env":[{"name":"API","value":"http://elsewhere"}]}]}}}}`,
		change: `{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"web:2","env":[{"name":"API","value":"http://web.SOURCE.svc:81"}]}]}}}}`,
		calls:  slowCalls,
		want: map[string]string{
			".spec.template.spec.containers[0].image": "web:2", ".spec.template.spec.containers[0].env[0].value": "http://web.TARGET.svc:81",
			".spec.revisionHistoryLimit": "10", ".metadata.annotations.rules": "n",
		},
	},
	"sole writer, a Role's list in another order": {
		manifest: `{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: reader},
  rules: [{apiGroups: [""], resources: [configmaps], verbs: [get]}, {apiGroups: [""], resources: [services], verbs: [get]}]}`,
		older:  `{"rules":[{"apiGroups":[""],"resources":["services"],"verbs":["get"]},{"apiGroups":[""],"resources":["configmaps"],"verbs":["get"]}]}`,
		change: `{"rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get"]},{"apiGroups":[""],"resources":["services"],"verbs":["list"]}]}`,
		calls:  slowCalls,
		want:   map[string]string{".rules[0].resources[0]": "configmaps", ".rules[1].verbs[0]": "list"},
	},
	"sole writer, a NetworkPolicy's list": {
		manifest: `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ingress}, spec: {podSelector: {}, policyTypes: [Ingress],
  ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: SOURCE}}}]}]}}`,
		older:  `{"spec":{"ingress":[{"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"SOURCE"}}}]}]}}`,
		change: `{"spec":{"ingress":[{"ports":[{"port":80,"protocol":"TCP"}],"from":[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"SOURCE"}}}]}]}}`,
		calls:  slowCalls,
		want: map[string]string{
			".spec.ingress[0].ports[0].port": "80", `.spec.ingress[0].from[0].namespaceSelector.matchLabels.kubernetes\.io/metadata\.name`: "TARGET",
		},
	},
	// The rules N wrote one field less too: it may as well be one that a tenant removed. Only the changed fields are written.
	"sole writer, without another field": {
		manifest: `{apiVersion: v1, kind: ConfigMap, metadata: {name: text-and-less, annotations: {team: core}}, data: {url: http://web.SOURCE.svc}}`,
		older:    `{"metadata":{"annotations":null},"data":{"url":"http://web.SOURCE.svc"}}`,
		change:   `{"data":{"url":"http://web.SOURCE.svc:81"}}`,
		calls:    slowCalls,
		want:     map[string]string{".data.url": "http://web.TARGET.svc:81", ".metadata.annotations.team": ""},
	},
	// ServiceAccount: its lists are merged by name, and it is always read.
	"a ServiceAccount": {
		manifest: `{apiVersion: v1, kind: ServiceAccount, metadata: {name: app, annotations: {role: reader}}, automountServiceAccountToken: false}`,
		older:    `{"metadata":{"annotations":{"role":"older"}},"automountServiceAccountToken":true}`,
		change:   `{"metadata":{"annotations":{"role":"writer"}}}`,
		calls:    "GET PUT",
		want:     map[string]string{".metadata.annotations.role": "writer", ".automountServiceAccountToken": "true"},
	},
	// Of equal content for the rules N+1: no call.
	"unchanged": {
		manifest: `{apiVersion: v1, kind: ConfigMap, metadata: {name: unchanged}, data: {url: http://web.SOURCE.svc}}`,
		older:    `{"metadata":{` + marked + `},"data":{"url":"http://web.SOURCE.svc"}}`,
		change:   `{}`,
		want:     map[string]string{".data.url": "http://web.SOURCE.svc", ".metadata.labels.rules": "n"},
	},
}
