using Microsoft.Extensions.AI;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.ContractTests;

/// <summary>What is meant for one provider does not reach the other.</summary>
public class ProviderFieldsTests
{
    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Fallback_CallerNamedAModel_OnlyPrimaryIsAskedForIt(WireProtocol primary, bool streaming)
    {
        await using var providers = await TwoProviders.StartAsync(primary, Script.ServerError());
        var ladder = providers.Ladder();
        var asked = new List<IChatClient>();
        var options = new ChatOptions
        {
            ModelId = "special",
            StopSequences = ["STOP"],
            RawRepresentationFactory = client =>
            {
                asked.Add(client);
                return null;
            },
        };

        var heard = await Heard.FromAsync(ladder, streaming, options);

        Assert.Equal(TwoProviders.FallbackText, heard.Text);
        var first = Assert.Single(providers.Primary.Requests);
        var second = Assert.Single(providers.Fallback.Requests);
        Assert.Equal("special", first.Model);
        Assert.Equal(
            primary.Other() switch { WireProtocol.Anthropic => "claude-loopback", WireProtocol.Ollama => "llama-loopback", _ => "gpt-loopback" },
            second.Model);

        // The Responses API has no stop sequences.
        Assert.All(((ReceivedRequest[])[first, second]).Where(static request => request.Protocol != WireProtocol.Responses), static request => Assert.Contains("STOP", request.Body.ToString(), StringComparison.Ordinal));
        Assert.Single(asked);
        Assert.Equal("special", options.ModelId);
    }

    [Theory]
    [MemberData(nameof(Ways.All), MemberType = typeof(Ways))]
    public async Task Fallback_ModelHasItsOwnModelId_IsAskedForThat(WireProtocol primary, bool streaming)
    {
        await using var first = await LoopbackProvider.StartAsync(Script.ServerError());
        await using var second = await LoopbackProvider.StartAsync("The fallback answers.");
        using var ladder = new ResilientChatBuilder()
            .AddModel("primary", first.Client(primary))
            .AddModel("fallback", second.Client(primary.Other()), static model =>
                model.ConfigureOptions(static options => options.ModelId = "small"))
            .WithRetries(0)
            .Build();

        await Heard.FromAsync(ladder, streaming, new ChatOptions { ModelId = "special" });

        Assert.Equal(("special", "small"), (first.Requests[0].Model, second.Requests[0].Model));
    }

    /// <summary>The signature of a thinking block means something only to the provider that wrote it.</summary>
    [Fact]
    public async Task Fallback_ConversationHoldsSignedReasoning_OnlyItsProviderGetsTheSignature()
    {
        await using var providers = await TwoProviders.StartAsync(WireProtocol.Anthropic, Script.Reasoning("Let me think.", "One two."));
        var ladder = providers.Ladder();
        List<ChatMessage> conversation = [new(ChatRole.User, "How many?")];
        conversation.AddRange((await ladder.GetResponseAsync(conversation).Soon()).Messages);
        conversation.Add(new(ChatRole.User, "Sure?"));
        providers.Primary.Behavior = Script.ServerError();

        var answer = await ladder.GetResponseAsync(conversation).Soon();

        Assert.Equal(TwoProviders.FallbackText, answer.Text);
        var signature = Assert.Single(providers.Primary.Requests[1].Reasoning).Proof;
        Assert.NotEmpty(signature);
        Assert.DoesNotContain(signature, providers.Fallback.Requests[0].RawBody, StringComparison.Ordinal);
    }
}
