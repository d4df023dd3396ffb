using System.Net;

namespace Resilient.Llm.Tests;

/// <summary>Answers every HTTP call with the same status, body and headers, or an exception.</summary>
internal sealed class StubHandler(int status, string body, Exception? exception = null, params (string Name, string Value)[] headers) : HttpMessageHandler
{
    public static StubHandler Throwing(Exception exception) => new(0, "", exception);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        exception is null ? Task.FromResult(Answer()) : Task.FromException<HttpResponseMessage>(exception);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => Answer();

    private HttpResponseMessage Answer()
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, null, "application/json") };
        foreach (var (name, value) in headers)
        {
            response.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }
}
