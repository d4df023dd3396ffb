using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

public sealed class ProviderFieldsTests
{
    private readonly LadderLab _lab = new();

    [BothWays]
    public async Task ProviderFields_OfTheFirstStep_NeverReachTheSecond(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", FailingPrimary()).AddModel("cheaper", _lab.Cheaper).Build();

        await ladder.AskAsync(streaming, Conversation(), Options());

        var first = _lab.Primary.Calls.Single();
        Assert.Equal("caller's model", first.Options!.ModelId);
        Assert.NotNull(first.Options.RawRepresentationFactory);
        Assert.Contains(Contents(first), static c => c is TextReasoningContent { ProtectedData: "secret" });
        var second = _lab.Cheaper.Calls.Single();
        Assert.Null(second.Options!.ModelId);
        Assert.Null(second.Options.RawRepresentationFactory);
        Assert.Equal(0.3f, second.Options.Temperature);
        Assert.DoesNotContain(Contents(second), static c => c is TextReasoningContent);
        Assert.DoesNotContain(second.Messages, static m => m.Contents.Count == 0);
    }

    [BothWays]
    public async Task ProviderFields_ASecondStepThatAcceptsThem_GetsThem(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", FailingPrimary()).AddModel("sibling", _lab.Cheaper, static m => m.AcceptProviderFields()).Build();
        var options = Options();
        options.ConversationId = "conversation";

        await ladder.AskAsync(streaming, Conversation(), options);

        var second = _lab.Cheaper.Calls.Single();
        Assert.Equal(("caller's model", "conversation"), (second.Options!.ModelId, second.Options.ConversationId));
        Assert.NotNull(second.Options.RawRepresentationFactory);

        // Options may be meant for several models; reasoning belongs to the endpoint that made it.
        Assert.DoesNotContain(Contents(second), static c => c is TextReasoningContent);
    }

    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task StateOfAProvider_PrimaryFails_NoOtherModelIsAsked(bool streaming, bool conversation)
    {
        var ladder = _lab.Builder().AddModel("primary", FailingPrimary()).AddModel("cheaper", _lab.Cheaper).AddLastResort().Build();
        var options = conversation ? new ChatOptions { ConversationId = "held" } : new() { ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 }) };

        var response = await ladder.AskAsync(streaming, options: options);

        Assert.Equal(AnswerSource.LastResort, response.GetResilienceReport()!.Source);
        Assert.Equal((1, 0), (_lab.Primary.CallCount, _lab.Cheaper.CallCount));
    }

    [BothWays]
    public async Task ConfigureOptions_OfEachModel_ReachesThatModelAlone(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", FailingPrimary(), static m => m.ConfigureOptions(static o => o.ModelId = "big").ConfigureOptions(static o => o.Temperature = 0))
            .AddModel("cheaper", _lab.Cheaper, static m => m.ConfigureOptions(static o => o.ModelId = "small"))
            .Build();
        var options = new ChatOptions { Temperature = 1 };

        await ladder.AskAsync(streaming, options: options);

        Assert.Equal(("big", 0f), (_lab.Primary.Calls[0].Options!.ModelId, _lab.Primary.Calls[0].Options!.Temperature));
        Assert.Equal(("small", 1f), (_lab.Cheaper.Calls[0].Options!.ModelId, _lab.Cheaper.Calls[0].Options!.Temperature));
        Assert.Equal((null, 1f), (options.ModelId, options.Temperature));
    }

    [BothWays]
    public async Task ConfigureOptions_Throws_TheNextModelAnswers(bool streaming)
    {
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static m => m.ConfigureOptions(static _ => throw new FormatException()))
            .AddModel("cheaper", _lab.Cheaper)
            .Build();

        var report = (await ladder.AskAsync(streaming)).GetResilienceReport()!;

        Assert.Equal(("cheaper", FailureKind.Unknown), (report.ServedBy, report.Attempts[0].Failure!.Value));
    }

    private static IEnumerable<AIContent> Contents(ScriptedCall call) => call.Messages.SelectMany(static m => m.Contents);

    private static ChatOptions Options() => new() { ModelId = "caller's model", RawRepresentationFactory = static _ => new object(), Temperature = 0.3f };

    private static List<ChatMessage> Conversation() =>
    [
        new(ChatRole.User, "question"),
        new(ChatRole.Assistant, [new TextReasoningContent("thinking") { ProtectedData = "secret" }, new TextContent("answer")]),
        new(ChatRole.Assistant, [new TextReasoningContent(null) { ProtectedData = "secret" }]),
        new(ChatRole.User, "and then?"),
    ];

    private ScriptedChatClient FailingPrimary() => _lab.FailPrimary(LadderLab.Status(403));
}
