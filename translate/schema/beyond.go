package schema

// Evidence for what the published shapes leave out.
const (
	fromModels   = "the REST API's model has it; the published shape lists only what a deployment may write"
	fromExamples = "the REST API's own examples of that version write it"
	fromUse      = "the service took it under that version; the published shape of the next lists it"
	fromDocs     = "the service's documentation writes it"
	fromLanguage = "the deployment template language has it for every resource; the service does not look at it"
)

// The versions at which something in this file begins or ends.
const (
	first   = "2018-02-01-preview"
	v201902 = "2019-02-01-preview"
	v201905 = "2019-05-01-preview"
	v202110 = "2021-10-01"
	v202202 = "2022-02-14"
	v202207 = "2022-07-01"
)

// beyond has properties that the published shapes do not list for their versions, by type. A row here does not overlap a
// published one.
var beyond = map[string][]Property{
	"imageTemplates": {
		readOnly("id", first, String),
		readOnly("systemData", v202110, Object),
		{Name: "comments", Span: Span{Since: first}, Kind: String, Beyond: fromLanguage},
		{Name: "dependsOn", Span: Span{Since: first}, Kind: Array, Item: String, Beyond: fromLanguage},
	},
	"imageTemplates_triggers":               trigger,
	"imageTemplates_triggers_childResource": trigger,

	"ImageTemplateProperties": {
		readOnly("exactStagingResourceGroup", v202202, String),
		readOnly("lastRunStatus", first, Object),
		readOnly("provisioningError", first, Object),
		readOnly("provisioningState", first, String),
	},
	"ImageTemplatePlatformImageSource":      {readOnly("exactVersion", v202110, String)},
	"ImageTemplateSharedImageVersionSource": {readOnly("exactVersion", v202207, String)},
	"SourceImageTriggerProperties": {
		readOnly("provisioningState", v202207, String),
		readOnly("status", v202207, Object),
	},
	"UserAssignedIdentity": {
		readOnly("clientId", v201905, String),
		readOnly("principalId", v201905, String),
	},

	// The published shapes of these versions say artifactTags already, which came with 2019-05-01-preview.
	"ImageTemplateManagedImageDistributor": {tags(first)},
	"ImageTemplateSharedImageDistributor":  {tags(first)},
	"ImageTemplateVhdDistributor":          {tags(v201902)},

	"ImageTemplateVmProfile": {
		{Name: "osDiskSizeGB", Span: only(v201905), Kind: Integer, Min: new(int64(0)), Beyond: fromUse},
		{Name: "vnetConfig", Span: only(v201905), Kind: Object, Type: "VirtualNetworkConfig", Beyond: fromUse},
	},
	"VirtualNetworkConfig": {
		{Name: "name", Span: only(v201905), Kind: String, Beyond: fromDocs},
		{Name: "resourceGroupName", Span: only(v201905), Kind: String, Beyond: fromDocs},
		{Name: "subnetName", Span: only(v201905), Kind: String, Beyond: fromDocs},
	},
	"ImageTemplateWindowsUpdateCustomizer": {
		{Name: "filters", Span: only(v201905), Kind: Array, Item: String, Beyond: fromUse},
		{Name: "name", Span: only(v201905), Kind: String, Beyond: fromUse},
		{Name: "searchCriteria", Span: only(v201905), Kind: String, Beyond: fromUse},
		{Name: "type", Span: only(v201905), Kind: String, Required: true, OneOf: []string{"WindowsUpdate"}, Beyond: fromUse},
		{Name: "updateLimit", Span: only(v201905), Kind: Integer, Min: new(int64(0)), Beyond: fromUse},
	},
}

// trigger is what both forms of a trigger have.
var trigger = []Property{
	readOnly("id", v202207, String),
	readOnly("systemData", v202207, Object),
	{Name: "comments", Span: Span{Since: v202207}, Kind: String, Beyond: fromLanguage},
	{Name: "dependsOn", Span: Span{Since: v202207}, Kind: Array, Item: String, Beyond: fromLanguage},
	{Name: "location", Span: Span{Since: v202207}, Kind: String, Beyond: fromDocs}, // it has to be the image template's
}

// beyondVariants has cases that the published shapes do not list for their versions, by union.
var beyondVariants = map[string][]Variant{
	"ImageTemplateCustomizer": {
		{Value: "WindowsUpdate", Type: "ImageTemplateWindowsUpdateCustomizer", Span: only(v201905), Beyond: fromUse},
	},
}

func readOnly(name, since string, kind Kind) Property {
	return Property{Name: name, Span: Span{Since: since}, Kind: kind, ReadOnly: true, Beyond: fromModels}
}

func tags(since string) Property {
	return Property{Name: "tags", Span: Span{since, v201902}, Kind: Map, Item: String, Beyond: fromExamples}
}

func only(version string) Span { return Span{version, version} }
