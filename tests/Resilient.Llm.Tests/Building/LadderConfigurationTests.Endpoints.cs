using System.Reflection;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <content>Models with several endpoints.</content>
public sealed partial class LadderConfigurationTests
{
    private const string TwoRegions = """
        { "Retries": { "MaxRetries": 3 },
          "Models": [ { "Name": "primary", "RouteBy": "ordered", "Retries": { "MaxRetries": 2 }, "Endpoints": [
            { "Name": "sweden", "Region": "swedencentral", "Geography": "EU", "Weight": 2.5, "Retries": { "MaxRetries": 1 }, "RateLimit": { "MaxConcurrentCalls": 4 } },
            { "Name": "france", "Region": "francecentral", "Geography": "EU", "Timeouts": { "AttemptTimeout": "00:00:07" } } ] } ] }
        """;

    [Fact]
    public void Endpoints_WithPoliciesOfTheirOwn_AreRead()
    {
        using var provider = Keyed("primary/sweden", "primary/france").AddResilientChat(Configuration(TwoRegions)).BuildServiceProvider();

        Assert.Equal(
            """
              model primary
                endpoint sweden in swedencentral (EU), weight 2.5
                retries: 1, from 0.5 s to 8 s
                rate limit: 4 at once, any requests and any tokens a minute
                client: ScriptedChatClient
                endpoint france in francecentral (EU)
                retries: 2, from 0.5 s to 8 s
                timeout: attempt 7 s, first content its share, idle 30 s
                client: ScriptedChatClient
            """.ReplaceLineEndings("\n"),
            string.Join('\n', Description(provider).Split('\n').Skip(2).Where(static line =>
                !line.Contains("circuit breaker", StringComparison.Ordinal) && !line.Contains("timeout: attempt its", StringComparison.Ordinal))));
    }

    [BothWays]
    public async Task Endpoints_WithoutAClient_AreTheKeyedClientsOfModelAndEndpoint(bool streaming)
    {
        using var provider = Keyed("primary/sweden", "primary/france").AddResilientChat(Configuration(TwoRegions)).BuildServiceProvider();
        var ladder = provider.GetRequiredService<IChatClient>();

        var first = await ladder.AskAsync(streaming);
        ladder.GetRequiredService<ChatCircuits>().Get("primary", "sweden").Isolate();
        var second = await ladder.AskAsync(streaming);

        Assert.Equal(("primary/sweden", "primary/france"), (first.Text, second.Text));
    }

    [BothWays]
    public async Task Endpoints_CompletedInCode_KeepWhatTheSectionSaysInItsPlace(bool streaming)
    {
        using var provider = Keyed("primary/france")
            .AddResilientChat(Configuration(TwoRegions), static b => b.AddModel("primary", static model => model
                .AddEndpoint("sweden", ScriptedChatClient.Answering("from code"), static endpoint => endpoint.WithRetries(0))
                .AddEndpoint("norway", ScriptedChatClient.Answering("a third one"))))
            .BuildServiceProvider();

        Assert.Equal("from code", (await provider.GetRequiredService<IChatClient>().AskAsync(streaming)).Text);
        Assert.Equal(["primary/sweden", "primary/france", "primary/norway"], provider.GetRequiredService<ChatCircuits>().Select(static circuit => circuit.Name));
        Assert.Contains("    endpoint sweden in swedencentral (EU), weight 2.5\n    retries: none\n", Description(provider), StringComparison.Ordinal);
    }

    [Fact]
    public void Endpoints_OfAModelThatCodeGivesAClient_AreRefused() => Assert.Contains(
        "Model 'primary' has both a client and endpoints. Give each endpoint its client with AddEndpoint(name, client)",
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddResilientChat(
            Configuration(TwoRegions), static b => b.AddModel("primary", new ScriptedChatClient()))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Endpoint_SuppliedTwiceByCode_IsRefused() => Assert.Contains(
        "Two endpoints of model 'primary' are named 'sweden'",
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddResilientChat(Configuration(TwoRegions), static b => b.AddModel(
            "primary", static model => model.AddEndpoint("sweden", new ScriptedChatClient()).AddEndpoint("sweden", new ScriptedChatClient())))).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Endpoint_WhoseClientIsMissing_IsNamedWithItsKey()
    {
        using var provider = Keyed("primary/sweden").AddResilientChat(Configuration(TwoRegions)).BuildServiceProvider();

        Assert.Contains("no keyed IChatClient 'primary/france'", Assert.Throws<InvalidOperationException>(provider.GetRequiredService<IChatClient>).Message, StringComparison.Ordinal);
    }

    /// <summary>A strategy that is added later must be readable too.</summary>
    [Fact]
    public void RouteBy_KnowsEveryStrategy()
    {
        var names = typeof(RoutingStrategy).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(static property => property.Name).ToArray();

        Assert.NotEmpty(names);
        Assert.All(names, static name => new ServiceCollection().AddResilientChat(Configuration($$"""
            { "Models": [ { "Name": "primary", "RouteBy": "{{name}}", "Endpoints": [ { "Name": "sweden" } ] } ] }
            """)));
    }

    [Theory]
    [InlineData("""{ "RouteBy": "Fastest", "Endpoints": [ { "Name": "a" } ] }""", "Chat:Models:0:RouteBy is 'Fastest'. Set it to Ordered or Nearest or Weighted or LowestLatency.")]
    [InlineData("""{ "RouteBy": "Weighted" }""", "Model 'primary' has a routing strategy, but no endpoints.")]
    [InlineData("""{ "Endpoints": [ { "Name": "a", "Wieght": 2 } ] }""", "Unknown: Chat:Models:0:Endpoints:0:Wieght. Known keys: Name, Region, Geography, Weight, Timeouts,")]
    [InlineData("""{ "Endpoints": [ { "Region": "x" } ] }""", "Chat:Models:0:Endpoints:0 has no Name.")]
    [InlineData("""{ "Endpoints": [ { "Name": "a", "Geography": "EU" } ] }""", "Chat:Models:0:Endpoints:0 has no Region.")]
    [InlineData("""{ "Endpoints": [ { "Name": "a", "Weight": 0 } ] }""", "Chat:Models:0:Endpoints:0:Weight: Endpoint 'primary/a': the weight is 0. Set it above zero")]
    [InlineData("""{ "Endpoints": [ { "Name": "a", "Retries": { "MaxRetries": 99 } } ] }""", "Endpoint 'primary/a': ChatRetryOptions.MaxRetries is 99.")]
    [InlineData("""{ "Endpoints": [ "a" ] }""", "Chat:Models:0:Endpoints:0 is 'a', where a section is expected. Known keys: Name,")]
    [InlineData("""{ "Endpoints": "a" }""", "Chat:Models:0:Endpoints is 'a', where a list is expected.")]
    [InlineData("""{ "Endpoints": [ { "Name": "a" }, { "Name": "a" } ] }""", "Two endpoints of model 'primary' are named 'a'.")]
    public void Endpoints_Mistake_IsRefusedByPathAndMend(string model, string message)
    {
        var json = $$"""{ "Models": [ { "Name": "primary", {{model.TrimStart()[1..]}} ] }""";

        Assert.Contains(message, Refused(json).Message, StringComparison.Ordinal);
    }

    private static ServiceCollection Keyed(params string[] names)
    {
        var services = new ServiceCollection();
        foreach (var name in names)
        {
            services.AddKeyedSingleton<IChatClient>(name, ScriptedChatClient.Answering(name));
        }

        return services;
    }

    private static string Description(IServiceProvider provider) => provider.GetRequiredService<IChatClient>().GetRequiredService<LadderDescription>().ToString();
}
