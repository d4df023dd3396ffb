using System.Text.Json;
using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>What kind of failure the exceptions of the official SDKs are, over real sockets.</summary>
public class ErrorKindTests
{
    private static readonly (string Name, Script Script, FailureKind Kind)[] s_rows =
    [
        ("request too large", Script.RequestTooLarge(), FailureKind.ContextTooLong),
        ("context too long", Script.ContextTooLong(), FailureKind.ContextTooLong),
        ("tools unsupported", Script.ToolsUnsupported(), FailureKind.Unsupported),
        ("malformed", Script.BadRequest(), FailureKind.InvalidRequest),
        ("xAI", Json(400, "This model's maximum prompt length is 131072 but the request contains 537812 tokens."), FailureKind.ContextTooLong),
        ("Kimi", Json(400, "Invalid request: Your request exceeded model token limit: 262144 (requested: 291351)"), FailureKind.ContextTooLong),
        ("MiniMax", Json(400, "invalid params, context window exceeds limit (2013)"), FailureKind.ContextTooLong),
        ("OpenRouter", Script.Status(400, body: """
            {"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"{\"error\":{\"message\":\"prompt is too long: 3 tokens > 2 maximum\"}}"}}}
            """), FailureKind.ContextTooLong),
        ("424", Script.Status(424), FailureKind.ServerError),
        ("444", Script.Status(444, body: ""), FailureKind.ServerError),
        ("304", Script.Status(304, body: ""), FailureKind.ModelUnavailable),
        ("307", Script.Status(307, body: ""), FailureKind.ModelUnavailable),
    ];

    public static TheoryData<string, WireProtocol, bool> Rows
    {
        get
        {
            var rows = new TheoryData<string, WireProtocol, bool>();
            foreach (var (name, _, _) in s_rows)
            {
                foreach (var protocol in Enum.GetValues<WireProtocol>())
                {
                    // No gateway speaks Ollama's protocol.
                    if (name == "OpenRouter" && protocol == WireProtocol.Ollama)
                    {
                        continue;
                    }

                    // The OpenAI package of this project breaks every stream of that adapter (MissingMethodException).
                    rows.Add(name, protocol, false);
                    if (protocol != WireProtocol.Responses)
                    {
                        rows.Add(name, protocol, true);
                    }
                }
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Classify_ErrorOfAnOfficialClient_IsTheRightKind(string row, WireProtocol protocol, bool streaming)
    {
        var (_, script, kind) = s_rows.Single(candidate => candidate.Name == row);
        await using var provider = await LoopbackProvider.StartAsync(protocol == WireProtocol.Ollama ? AsOllama(script) : script);
        using var client = provider.CreateClient(protocol);

        var heard = await Heard.FromAsync(client, streaming);

        Assert.NotNull(heard.Exception);
        Assert.Equal(kind, ChatFailureClassifier.Default.Classify(heard.Exception).Kind);
    }

    /// <summary>The model lacks tools: another one answers, and this one stays healthy for those who need none.</summary>
    [BothWays]
    public async Task Ladder_OllamaModelWithoutTools_NextModelAnswersAndNoCircuitCounts(bool streaming)
    {
        await using var ollama = await LoopbackProvider.StartAsync(Script.ToolsUnsupported());
        await using var other = await LoopbackProvider.StartAsync("With tools.");
        using var ladder = new ResilientChatBuilder()
            .AddModel("local", ollama.Ollama())
            .AddModel("other", other.OpenAIChat())
            .AddLastResort()
            .Build();
        var options = new ChatOptions { Tools = [AIFunctionFactory.Create(static () => 1, "one")] };

        var heard = await Heard.FromAsync(ladder, streaming, options);

        Assert.Equal("With tools.", heard.Text);
        Assert.Equal(FailureKind.Unsupported, heard.Report!.Attempts[0].Failure);
        Assert.Equal(0, ladder.GetRequiredService<ChatCircuits>().Get("local").Counts.Failures);

        other.Behavior = Script.ServerError();
        Assert.Equal(AnswerSource.LastResort, (await Heard.FromAsync(ladder, streaming, options)).Report!.Source);
    }

    /// <summary>Without another model nothing hides what the application has to know.</summary>
    [BothWays]
    public async Task Ladder_OnlyModelWithoutTools_CallerGetsItsWords(bool streaming)
    {
        await using var ollama = await LoopbackProvider.StartAsync(Script.ToolsUnsupported());
        using var ladder = new ResilientChatBuilder().AddModel("local", ollama.Ollama()).AddLastResort().Build();

        Assert.Contains("does not support tools", (await Heard.FromAsync(ladder, streaming)).Exception!.Message, StringComparison.Ordinal);
    }

    /// <summary>Its errors are a sentence and nothing else.</summary>
    private static Script AsOllama(Script script) => script.RawBody is { Length: > 0 } body
        ? script with { RawBody = JsonSerializer.Serialize(new { error = JsonDocument.Parse(body).RootElement.GetProperty("error").GetProperty("message").GetString() }) }
        : script;

    private static Script Json(int status, string message) =>
        Script.Status(status, body: JsonSerializer.Serialize(new { error = new { message, type = "invalid_request_error" } }));
}
