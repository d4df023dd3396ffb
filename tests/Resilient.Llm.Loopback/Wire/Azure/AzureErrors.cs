namespace Resilient.Llm.Loopback;

/// <summary>
/// Azure OpenAI's error bodies. The gateway before the model answers with its own: a code that is the status, or a word.
/// </summary>
internal static class AzureErrors
{
    public static WireError For(Script script, ReceivedRequest request) => (script.Error, script.StatusCode ?? 500) switch
    {
        (ScriptError.Generic, 401) => Gateway(
            401,
            "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active "
                + "subscription and use a correct regional API endpoint for your resource."),
        (ScriptError.Generic, 404) => Gateway(
            404,
            "DeploymentNotFound",
            "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait "
                + "a moment and try again."),
        (ScriptError.Generic, 429) => Gateway(
            429,
            "429",
            "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21 have exceeded token rate limit of "
                + $"your current OpenAI S0 pricing tier. Please retry after {Seconds(script)} seconds."),
        (ScriptError.Generic, 503) => Gateway(
            503, "ServiceUnavailable", "The service is temporarily unable to process your request. Please try again later."),
        _ => OpenAIErrors.For(script, request),
    };

    private static int Seconds(Script script) => (int)Math.Ceiling((script.RetryAfter ?? TimeSpan.FromSeconds(7)).TotalSeconds);

    private static WireError Gateway(int status, string code, string message) =>
        new(status, WireJson.Bytes(new { error = new { code, message } }));
}
