using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>One request, with what the test knows of it. Its marker travels as the id of its message, which no key of stored answers contains: so others may ask the very same.</summary>
internal sealed class WorldRequest
{
    // Also in the work of a request that others go on with: for stores and searches, which see no message.
    private static readonly AsyncLocal<WorldRequest?> s_asking = new();

    public static WorldRequest? Asking
    {
        get => s_asking.Value;
        set => s_asking.Value = value;
    }

    public required int Id { get; init; }

    public required string Question { get; init; }

    public required bool IsStreaming { get; init; }

    public required ChatOptions? Options { get; init; }

    /// <summary>Where its data may go at all: the ladder's policy, what the request says, and what clients above the ladder said.</summary>
    public required Bounds Bounds { get; init; }

    /// <summary>What the application says of it where it says nothing itself; only where the ladder asks.</summary>
    public ResolverAnswer Resolver { get; init; }

    /// <summary>Nobody said where its data may go, and somebody must: it has to be refused.</summary>
    public bool IsMissingResidency { get; init; }

    /// <summary>The conversation that it goes on with, where the test knows who holds it.</summary>
    public WorldConversation? Conversation { get; init; }

    /// <summary>What it has in common with others.</summary>
    public string? Session { get; init; }

    public ChatCapabilities Needs { get; init; }

    /// <summary>Whose stored answers it may have.</summary>
    public required string? Partition { get; init; }

    public CancellationTokenSource Cancellation { get; } = new();

    public TimeSpan? GivesUpAfter { get; init; }

    public bool IsInProgress { get; set; }

    /// <summary>Whose calls, to which providers: for counting what was tried.</summary>
    public List<WorldPlace> Asked { get; } = [];

    /// <summary>What stores gave out for it.</summary>
    public HashSet<int> FromStores { get; } = [];

    public static WorldRequest From(Draw draw, WorldSettings settings, IReadOnlyList<WorldConversation> conversations, int id, string question, bool mayGiveUp)
    {
        var rebuilds = settings.Above == AboveTheLadder.Rebuilds;
        var conversation = conversations.Count > 0 && draw.Chance(0.15) ? draw.One([.. conversations]) : null;
        var needs = draw.Chance(0.15) ? draw.One(ChatCapabilities.Tools, ChatCapabilities.Vision, ChatCapabilities.StructuredOutput) : ChatCapabilities.None;
        var bounds = settings.Policy;
        var options = draw.Chance(0.15) ? null : new ResilientChatOptions
        {
            CachePartition = draw.One(null, null, "tenant"),
            AllowFallback = !draw.Chance(0.05),
            ConversationId = conversation?.Id ?? (draw.Chance(0.03) ? "conversation" : null),
            SessionKey = draw.Chance(0.5) ? draw.One("s1", "s2", "s3") : null,
            Tools = needs == ChatCapabilities.Tools ? [AIFunctionFactory.CreateDeclaration("tool", null, WorldNeeds.Schema)] : null,
            ResponseFormat = needs == ChatCapabilities.StructuredOutput ? ChatResponseFormat.Json : null,
            AnswerWithin = draw.Chance(0.1) ? draw.Time(500, 3_000) : null,
        };
        ChatOptions? asked = options;
        var (typed, keyed) = draw.Weighted((3, (false, false)), (3, (true, false)), (3, (false, true)), (1, (true, true)));
        if (typed)
        {
            var wish = draw.Chance(0.2) ? Bounds.Anywhere : Bounds.From(draw);
            asked = asked.WithResidency(wish.ToResidency(draw));
            if (draw.Chance(0.1))
            {
                // On top of the first: perhaps nowhere is left.
                var second = Bounds.From(draw);
                asked = asked.WithResidency(second.ToResidency(draw));
                wish = wish.And(second);
            }

            // The rule is that what middleware throws away is lost, and that the reserved key is there for it.
            bounds = rebuilds ? bounds : bounds.And(wish);
        }

        if (keyed)
        {
            var wish = Bounds.From(draw);
            asked ??= new ChatOptions();
            asked.AdditionalProperties = new() { [ResilientChatOptions.ResidencyKey] = wish.ToProperty(draw) };
            bounds = bounds.And(wish);
        }

        if (rebuilds && asked is ResilientChatOptions { AdditionalProperties: { } properties } && draw.Chance(0.5))
        {
            asked = new ChatOptions { AdditionalProperties = properties };
        }

        if (settings.Above == AboveTheLadder.Narrows)
        {
            bounds = bounds.And(settings.AboveBounds);
        }

        var said = keyed || (typed && !rebuilds) || settings.Above == AboveTheLadder.Narrows;
        var resolver = settings.Requirement != Requirement.Resolver || said ? default : ResolverAnswer.From(draw);
        var isMissing = settings.Requirement != Requirement.Nothing && !said && resolver.Bounds is null;
        var kept = rebuilds || options is null ? null : asked as ResilientChatOptions;
        return new()
        {
            Id = id,
            Resolver = resolver,
            IsMissingResidency = isMissing,
            Conversation = kept is null ? null : conversation,
            Session = kept?.SessionKey,
            Needs = needs == ChatCapabilities.Vision || kept is not null ? needs : ChatCapabilities.None,
            Question = needs == ChatCapabilities.None ? question : $"{question} With {needs}.",
            IsStreaming = draw.Chance(0.5),
            Options = asked,
            Partition = kept?.CachePartition,
            Bounds = isMissing ? new(0) : bounds.And(resolver.Bounds ?? Bounds.Anywhere),
            GivesUpAfter = mayGiveUp && draw.Chance(0.1) ? draw.Time(0, 2_000) : null,
        };
    }

    /// <summary>Somebody else asks with the same wishes.</summary>
    public WorldRequest Again(int id, string question, bool isStreaming) => new()
    {
        Id = id,
        Question = Needs == ChatCapabilities.None ? question : $"{question} With {Needs}.",
        IsStreaming = isStreaming,
        Options = Options?.Clone(),
        Bounds = Bounds,
        Partition = Partition,
        Resolver = Resolver,
        IsMissingResidency = IsMissingResidency,
        Conversation = Conversation,
        Session = Session,
        Needs = Needs,
    };

    public bool AsksTheSameAs(WorldRequest other) => Bounds == other.Bounds && Question == other.Question && Partition == other.Partition;

    public void GivesUp() => Cancellation.Cancel();

    public ChatMessage[] Messages() =>
    [
        new(ChatRole.System, "Be brief."),
        new(ChatRole.User, Needs == ChatCapabilities.Vision ? [new TextContent(Question), WorldNeeds.Image] : [new TextContent(Question)]) { MessageId = $"m{Id}" },
    ];

    public override string ToString() =>
        $"m{Id} '{Question}' {(IsStreaming ? "streaming" : "plain")} may go {Bounds}; options {(Options is null ? "none" : Options.GetType().Name)}"
        + $"{(Options is ResilientChatOptions { Residency: { } residency } ? $" residency {residency}" : "")}"
        + $"{(Options?.AdditionalProperties?.TryGetValue(ResilientChatOptions.ResidencyKey, out var value) == true ? $" key {value}" : "")}"
        + $"{(Partition is null ? "" : " partition")}{(Conversation is null ? "" : $" {Conversation.Id}")}{(Session is null ? "" : $" session {Session}")}{(IsMissingResidency ? " must be refused" : "")}{(GivesUpAfter is { } time ? $" gives up after {time}" : "")}";
}
