using Microsoft.Extensions.AI;
using OllamaSharp;
using OllamaSharp.Models.Exceptions;

namespace Resilient.Llm.Tests;

/// <summary>OllamaSharp throws exceptions of its own, without a status, for status 400; the others are HttpClient's.</summary>
public sealed class OllamaFailureTests
{
    [Theory]
    [BothWaysData(400, """{"error":"registry.ollama.ai/library/llama:latest does not support tools"}""", FailureKind.Unsupported)]
    [BothWaysData(400, """{"error":"\"llama3\" does not support thinking"}""", FailureKind.InvalidRequest)]
    [BothWaysData(400, """{"error":"prompt too long; exceeded max context length by 3 tokens"}""", FailureKind.ContextTooLong)]
    [BothWaysData(400, """{"error":"the input length exceeds the context length"}""", FailureKind.ContextTooLong)]
    [BothWaysData(400, """{"error":"invalid message content type"}""", FailureKind.InvalidRequest)]
    [BothWaysData(401, """{"error":"unauthorized"}""", FailureKind.Unauthorized)]
    [BothWaysData(404, """{"error":"model 'x' not found"}""", FailureKind.ModelUnavailable)]
    [BothWaysData(413, """{"error":"request body too large"}""", FailureKind.ContextTooLong)]
    [BothWaysData(429, """{"error":"too many concurrent requests"}""", FailureKind.RateLimited)]
    [BothWaysData(503, """{"error":"server busy, please try again. maximum pending requests exceeded"}""", FailureKind.ServerError)]
    public async Task Classify_OllamaStatus_IsTheKindOfTheTable(int status, string body, FailureKind kind, bool streaming)
    {
        using var client = new OllamaApiClient(
            new HttpClient(new StubHandler(status, body)) { BaseAddress = new("http://localhost") }, "llama");

        var exception = await Record.ExceptionAsync(() => Ask(client, streaming));

        Assert.NotNull(exception);
        Assert.Equal(kind, ChatFailureClassifier.Default.Classify(exception).Kind);
        Assert.Equal(status == 400, exception is OllamaException);
    }

    private static async Task Ask(IChatClient client, bool streaming)
    {
        if (streaming)
        {
            await foreach (var update in client.GetStreamingResponseAsync("Hi"))
            {
                _ = update;
            }
        }
        else
        {
            await client.GetResponseAsync("Hi");
        }
    }
}
