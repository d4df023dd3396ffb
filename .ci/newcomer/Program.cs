// An application of a newcomer: all packages, the generic host, configuration, caches and middleware, whichever versions were restored.
// Compiled outside the repository by .ci/newcomer.sh, which passes the versions that must be loaded. Exits with 0 when everything held.
using System.Reflection;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resilient.Llm;
using Resilient.Llm.Chaos;

using var chaos = new ChaosController(new ChaosOptions { Enabled = true, Environment = "Development" });
var primary = new Provider();
var builder = Host.CreateApplicationBuilder();
builder.Logging.SetMinimumLevel(LogLevel.Error);
builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
{
    ["Chat:AnswerWithin"] = "00:00:20",
    ["Chat:Models:0:Name"] = "primary",
    ["Chat:Models:1:Name"] = "cheaper",
});
builder.Services.AddSingleton<IMemoryCache, MemoryCache>();
builder.Services.AddKeyedSingleton<IChatClient>("primary", primary);
builder.Services.AddKeyedSingleton<IChatClient>("cheaper", (services, _) => new ChatClientBuilder(new Provider("cheaper")).UseLogging().Build(services));
builder.Services.AddResilientChat(builder.Configuration.GetSection("Chat"), chat => chat
    .AddCachedAnswers()
    .AddLastResort(last => last.AddSqliteSearch([new SearchDocument("reset", "Reset your password", "Open Settings, Security, Reset password.")]))
    .WithRetries(0)
    .WithChaos(chaos));

using var host = builder.Build();
await host.StartAsync();
var client = host.Services.GetRequiredService<IChatClient>();

await ExpectAsync("What is a ladder?", AnswerSource.Model, "primary");
primary.IsDown = true;
await ExpectAsync("And now?", AnswerSource.Model, "cheaper");
var everything = new ChaosExperiment { Name = "all", Fault = new ChaosFault(ChaosFaultKind.Overloaded), Target = new(), Duration = TimeSpan.FromMinutes(1) };
using (chaos.Start(everything, by: "newcomer"))
{
    await ExpectAsync("What is a ladder?", AnswerSource.Cache, "cache");
    await ExpectAsync("Reset Password", AnswerSource.LastResort, "last-resort");
}

primary.IsDown = false;
var add = AIFunctionFactory.Create((int left, int right) => left + right, "add");
var agent = client.AsBuilder().UseFunctionInvocation().Build();
Expect("functions run above the ladder", (await agent.GetResponseAsync("Add 2 and 3.", new() { Tools = [add] })).Text, "The sum is 5.");
await host.StopAsync();

foreach (var expected in args)
{
    var (name, version) = (expected[..expected.LastIndexOf('/')], expected[(expected.LastIndexOf('/') + 1)..]);
    Expect(name, Assembly.Load(name).GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0], version);
}

return 0;

async Task ExpectAsync(string question, AnswerSource source, string servedBy)
{
    var plain = await client.GetResponseAsync(question);
    var streamed = await client.GetStreamingResponseAsync(question).ToChatResponseAsync();
    foreach (var report in new[] { plain, streamed }.Select(answer => answer.GetResilienceReport()!))
    {
        Expect(question, $"{report.Source} {report.ServedBy}", $"{source} {servedBy}");
    }
}

static void Expect(string what, string actual, string expected)
{
    Console.WriteLine($"{what}: {actual}");
    if (actual != expected)
    {
        throw new InvalidOperationException($"{what}: expected {expected}, but was {actual}.");
    }
}

// In place of a provider's client: says its name, or calls the first tool that it is given, or is down.
internal sealed class Provider(string name = "primary") : IChatClient
{
    public bool IsDown { get; set; }

    public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        var result = messages.Last().Contents.OfType<FunctionResultContent>().FirstOrDefault();
        return IsDown ? throw new HttpRequestException("No route to host")
            : result is not null ? Answer(new TextContent($"The sum is {result.Result}."))
            : options?.Tools is [var tool, ..] ? Answer(new FunctionCallContent("1", tool.Name, new Dictionary<string, object?> { ["left"] = 2, ["right"] = 3 }))
            : Answer(new TextContent(name));
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var update in (await GetResponseAsync(messages, options, cancellationToken)).ToChatResponseUpdates())
        {
            yield return update;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose() { }

    private static Task<ChatResponse> Answer(AIContent content) =>
        Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, [content])) { FinishReason = ChatFinishReason.Stop });
}
