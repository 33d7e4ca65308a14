// httpYac names the answer of a request after the request. The REST Client of Visual Studio
// Code has it at <name>.response.body, with "$" for the root of a JSON path
// (https://github.com/Huachao/vscode-restclient#request-variables). This adds that spelling.
module.exports = {
  configureHooks(api) {
    api.hooks.onResponse.addHook("restClient", (response, context) => {
      const name = context.httpRegion.metaData.name;
      if (name && response.parsedBody) {
        response.parsedBody.response = { body: { $: { ...response.parsedBody } } };
      }
    });
  },
};
