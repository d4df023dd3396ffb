using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Resilient.Llm.Loopback;

namespace Resilient.Llm.Frameworks.Tests;

/// <summary>Semantic Kernel on a ladder: its chat completion service, its functions, its own class of chat options.</summary>
public class SemanticKernelTests
{
    private const string Instructions = "You know the weather and the time.";

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task Alone_NothingFails_IsTheControl(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        var user = new User(models.Alone(), models, streaming);

        Assert.Equal(
            Enumerable.Range(1, 3).Select(static turn => $"primary answers question {turn}."),
            [await user.AskAsync("One?"), await user.AskAsync("Two?"), await user.AskAsync("Three?")]);

        // Not above Responses: with a conversation id function invocation copies the options, which do not keep their type, and the
        // function is then not found. Behind a ladder, which hides the id, it is.
        Assert.Equal(primary == WireProtocol.Responses ? 0 : 3 * user.ToolsPerTurn, user.Tools.Runs.Values.Sum());
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task PrimaryDiesBetweenCallAndResult_FallbackGetsBoth_PrimaryIsBackInTheNextTurn(
        WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Outage = static moment => moment is (1, true) ? Script.Status(503) : null;
        var user = new User(models.Ladder, models, streaming);

        var answers = new[] { await user.AskAsync("One?"), await user.AskAsync("Two?"), await user.AskAsync("Three?") };

        Assert.Equal(["fallback answers question 1.", "primary answers question 2.", "primary answers question 3."], answers);
        AssertAllIsWell(models, user, turns: 3);
    }

    [Theory]
    [MemberData(nameof(Pairs.BothWays), MemberType = typeof(Pairs))]
    public async Task PrimaryIsDownInTheSecondTurn_FallbackRunsTheFunctions(WireProtocol primary, WireProtocol fallback, bool streaming)
    {
        await using var models = await TwoModels.StartAsync(primary, fallback);
        models.Primary.Outage = static moment => moment.Turn == 2 ? Script.ConnectionReset() : null;
        var user = new User(models.Ladder, models, streaming);

        var answers = new[] { await user.AskAsync("One?"), await user.AskAsync("Two?"), await user.AskAsync("Three?") };

        Assert.Equal(["primary answers question 1.", "fallback answers question 2.", "primary answers question 3."], answers);
        AssertAllIsWell(models, user, turns: 3);
    }

    private static void AssertAllIsWell(TwoModels models, User user, int turns)
    {
        models.AssertWholeHistory();
        Assert.Equal(turns * user.ToolsPerTurn, user.Tools.Runs.Count);
        Assert.All(user.Tools.Runs.Values, static runs => Assert.Equal(1, runs));
        Assert.All(models.Requests, static request => Assert.Contains(Instructions, request.Instructions, StringComparison.Ordinal));
        Assert.All(models.Requests, static request => Assert.Equal(Tools.Names.Length, request.Tools.Count));
        Assert.All(models.Requests, static request => Assert.Equal(User.MaxTokens, request.MaxTokens));
    }

    /// <summary>Keeps a chat history as the documentation of Semantic Kernel shows it.</summary>
    private sealed class User
    {
        /// <summary>A setting of Semantic Kernel, which its bridge translates.</summary>
        public const int MaxTokens = 123;

        private readonly ChatHistory _history = new(Instructions);
        private readonly TwoModels _models;
        private readonly bool _streaming;
        private readonly IChatCompletionService _service;
        private readonly Kernel _kernel = new();
        private readonly PromptExecutionSettings _settings = new()
        {
            FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(),
            ExtensionData = new Dictionary<string, object> { ["max_tokens"] = MaxTokens },
        };

        public User(IChatClient client, TwoModels models, bool streaming)
        {
            (_models, _streaming) = (models, streaming);
            _service = client.AsBuilder().UseKernelFunctionInvocation().Build().AsChatCompletionService();
            _kernel.Plugins.AddFromFunctions("desk", Tools.Functions.Cast<AIFunction>().Select(static tool => tool.AsKernelFunction()));
            models.Primary.ToolPrefix = models.Fallback.ToolPrefix = "desk_";

            // Streaming, Semantic Kernel puts one of several results at a time into its history, and the next turn is refused for it,
            // without a ladder too.
            models.Primary.ToolsPerTurn = models.Fallback.ToolsPerTurn = ToolsPerTurn;
        }

        public int ToolsPerTurn => _streaming ? 1 : Tools.Names.Length;

        public Tools Tools { get; } = new();

        public async Task<string> AskAsync(string question)
        {
            _models.Conversation.Asks(question);
            _history.AddUserMessage(question);
            var answer = _streaming ? await StreamAsync() : await _service.GetChatMessageContentAsync(_history, _settings, _kernel);
            _history.Add(answer);
            return answer.Content!;
        }

        private async Task<ChatMessageContent> StreamAsync()
        {
            var text = "";
            await foreach (var part in _service.GetStreamingChatMessageContentsAsync(_history, _settings, _kernel))
            {
                text += part.Content;
            }

            return new(AuthorRole.Assistant, text);
        }
    }
}
