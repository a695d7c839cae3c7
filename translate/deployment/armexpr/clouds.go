package armexpr

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/armjson"
	"github.com/ingot-build/ingot/translate/diag"
)

// cloud is what environment() tells about one of Azure's clouds. An empty text is left out.
type cloud struct {
	name, gallery, graph, portal, dataLake, batch, media, sqlManagement, resourceManager string
	login                                                                                string
	audiences                                                                            []string
	acr, dataLakeAnalytics, dataLakeStore, frontDoor, keyVault, sqlServer, storage       string
}

// The clouds, as "az cloud list" and the reference of environment() show them. Some of the endings of host names start
// with a dot, others do not.
// Reference: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#environment
var clouds = []cloud{
	{
		name: "AzureCloud", gallery: "https://gallery.azure.com/", graph: "https://graph.windows.net/",
		portal: "https://portal.azure.com", dataLake: "https://datalake.azure.net/",
		batch: "https://batch.core.windows.net/",
		media: "https://rest.media.azure.net", sqlManagement: "https://management.core.windows.net:8443/",
		resourceManager: "https://management.azure.com/", login: "https://login.microsoftonline.com/",
		audiences: []string{"https://management.core.windows.net/", "https://management.azure.com/"},
		acr:       ".azurecr.io", dataLakeAnalytics: "azuredatalakeanalytics.net",
		dataLakeStore: "azuredatalakestore.net",
		frontDoor:     "azurefd.net", keyVault: ".vault.azure.net", sqlServer: ".database.windows.net",
		storage: "core.windows.net",
	},
	{
		name: "AzureUSGovernment", gallery: "https://gallery.usgovcloudapi.net/", graph: "https://graph.windows.net/",
		portal: "https://portal.azure.us", batch: "https://batch.core.usgovcloudapi.net",
		media: "https://rest.media.usgovcloudapi.net", sqlManagement: "https://management.core.usgovcloudapi.net:8443",
		resourceManager: "https://management.usgovcloudapi.net", login: "https://login.microsoftonline.us/",
		audiences: []string{"https://management.core.usgovcloudapi.net", "https://management.usgovcloudapi.net"},
		acr:       ".azurecr.us", keyVault: ".vault.usgovcloudapi.net", sqlServer: ".database.usgovcloudapi.net",
		storage: "core.usgovcloudapi.net",
	},
	{
		name: "AzureChinaCloud", gallery: "https://gallery.chinacloudapi.cn/", graph: "https://graph.chinacloudapi.cn/",
		portal: "https://portal.azure.cn", batch: "https://batch.chinacloudapi.cn",
		media:           "https://rest.media.chinacloudapi.cn",
		sqlManagement:   "https://management.core.chinacloudapi.cn:8443",
		resourceManager: "https://management.chinacloudapi.cn",
		login:           "https://login.chinacloudapi.cn",
		audiences:       []string{"https://management.core.chinacloudapi.cn", "https://management.chinacloudapi.cn"},
		acr:             ".azurecr.cn", keyVault: ".vault.azure.cn", sqlServer: ".database.chinacloudapi.cn",
		storage: "core.chinacloudapi.cn",
	},
}

// CheckCloud returns what is wrong with the name of a cloud, for a flag or file that gives one; "" is none.
func CheckCloud(name string) *Error {
	if _, err := cloudNamed(name); err != nil {
		return err
	}
	return nil
}

func cloudNamed(name string) (*cloud, *Error) {
	if name == "" {
		return &clouds[0], nil
	}
	var names []string
	for i := range clouds {
		if strings.EqualFold(clouds[i].name, name) {
			return &clouds[i], nil
		}
		names = append(names, clouds[i].name)
	}
	return nil, &Error{Summary: fmt.Sprintf("there is no cloud %q", name), Fix: diag.KnownNames(name, names)}
}

func environment(a *Args) (*armjson.Node, error) {
	c, err := cloudNamed(a.Env.Context.Cloud)
	if err != nil {
		return nil, err
	}
	audiences := make([]*armjson.Node, len(c.audiences))
	for i, text := range c.audiences {
		audiences[i] = armjson.NewString(text)
	}
	authentication := textMembers("loginEndpoint", c.login, "tenant", "common", "identityProvider", "AAD")
	authentication = append(authentication, armjson.Member{Key: "audiences", Value: armjson.NewArray(audiences)})
	all := textMembers("name", c.name, "gallery", c.gallery, "graph", c.graph, "portal", c.portal, "graphAudience",
		c.graph,
		"activeDirectoryDataLake", c.dataLake, "batch", c.batch, "media", c.media, "sqlManagement", c.sqlManagement,
		"vmImageAliasDoc",
		"https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
		"resourceManager", c.resourceManager)
	return armjson.NewObject(append(all,
		armjson.Member{Key: "authentication", Value: armjson.NewObject(authentication)},
		armjson.Member{Key: "suffixes", Value: armjson.NewObject(textMembers("acrLoginServer", c.acr,
			"azureDatalakeAnalyticsCatalogAndJob", c.dataLakeAnalytics, "azureDatalakeStoreFileSystem", c.dataLakeStore,
			"azureFrontDoorEndpointSuffix", c.frontDoor, "keyvaultDns", c.keyVault, "sqlServerHostname", c.sqlServer,
			"storage", c.storage))},
	)), nil
}

// textMembers makes members of names and texts in turn; an empty text is left out.
func textMembers(pairs ...string) []armjson.Member {
	var members []armjson.Member
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			members = append(members, armjson.Member{Key: pairs[i], Value: armjson.NewString(pairs[i+1])})
		}
	}
	return members
}
