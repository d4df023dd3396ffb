using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>What is counted, to see that it happened at all.</summary>
internal enum Tally
{
    BoundRequest,
    Retry,
    Fallback,
    Hedge,
    Continuation,
    Probe,
    Isolation,
    InnerLadder,
    RefusedForResidency,
    RefusedByGuard,
    StoreRead,
    StoreHit,
    StoreWrite,
    MemoryHit,
    InMemory,
    SharedCall,
    Search,
    RegionSwitch,
    RegionSwitchInFlight,
    Drained,
    ResidencyMissing,
    ResidencyResolved,
    AnywhereSaid,
    ConversationContinued,
    ConversationRefused,
    SessionMoved,
    CapabilityNeeded,
    HostileRouting,
    HiddenLadder,
    ActiveProbe,
}

/// <summary>Compares what reaches a place with what was said about the request. It asks the library nothing.</summary>
internal sealed partial class ResidencyOracle(ResidencyWorld world)
{
    private readonly int[] _tallies = new int[Enum.GetValues<Tally>().Length];

    public List<string> Violations { get; } = [];

    public int this[Tally tally] => _tallies[(int)tally];

    public void Count(Tally tally) => _tallies[(int)tally]++;

    public void CountBound(Tally tally, WorldRequest request)
    {
        if (!request.Bounds.IsAnywhere)
        {
            Count(tally);
        }
    }

    /// <summary>A provider received a prompt. Returns whose.</summary>
    public int Received(WorldProvider provider, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        var place = provider.Place;
        if (PromptOf(messages) is { } prompt)
        {
            return Probed(provider, prompt, options);
        }

        var request = RequestOf(messages);
        if (!world.IsWaitedFor(request))
        {
            Violation($"EGRESS: {place} was asked for {request}, which is over");
        }

        if (!place.MayBeReachedBy(request.Bounds))
        {
            Violation($"EGRESS: {place} received {request}");
        }

        if (TellsWishes(options))
        {
            Violation($"WISHES: {place} was told where {request} may go");
        }

        if (provider.Operator?.IsIsolated(provider.Region) == true)
        {
            Violation($"SWITCH: {place} received {request} although its region is isolated");
        }

        if (!place.CanAll(request.Needs))
        {
            Violation($"FIT: {place} received {request}");
        }

        CountWhatIsSpecial(provider, request);
        if (request.Asked.Count > 0)
        {
            CountBound(request.Asked.Contains(place) ? Tally.Retry : Tally.Fallback, request);
        }

        if (place.Outer is not null)
        {
            CountBound(Tally.InnerLadder, request);
        }

        if (world.IsProbed(provider))
        {
            CountBound(Tally.Probe, request);
        }

        request.Asked.Add(place);
        return request.Id;
    }

    private void CountWhatIsSpecial(WorldProvider provider, WorldRequest request)
    {
        var place = provider.Place;
        if (request.Conversation is { } conversation)
        {
            if (!place.MayKnow(conversation.Holder))
            {
                Violation($"CONVERSATION: {place} received {request}, which {conversation.Holder} holds");
            }

            CountBound(Tally.ConversationContinued, request);
        }

        if (request.Needs != ChatCapabilities.None)
        {
            CountBound(Tally.CapabilityNeeded, request);
        }

        if (provider.Operator?.IsDrained(provider.Region) == true)
        {
            CountBound(Tally.Drained, request);
        }

        if (place.IsHidden)
        {
            CountBound(Tally.HiddenLadder, request);
        }

        // Its session has been elsewhere, or bound otherwise, before.
        if (request.Session is { } session && world.Sessions.TryGetValue(session, out var last) && last != request.Bounds)
        {
            CountBound(Tally.SessionMoved, request);
        }
    }

    /// <summary>The ladder chose an endpoint; its guard has not been asked yet.</summary>
    public void Chosen(WorldPlace place, IEnumerable<ChatMessage> messages)
    {
        if (PromptOf(messages) is { } prompt)
        {
            ChosenForProbe(place, prompt);
            return;
        }

        var request = RequestOf(messages);
        if (!place.MayBeChosenFor(request.Bounds))
        {
            Violation($"CHOICE: {place} was chosen for {request}");
        }
    }

    /// <summary>A store was asked for an entry.</summary>
    public void Read(WorldPlace place, string? entry)
    {
        var request = Asking();
        CountBound(Tally.StoreRead, request);
        if (!place.MayBeReachedBy(request.Bounds))
        {
            Violation($"STORE: {place} was read for {request}");
        }

        foreach (Match match in Origin().Matches(entry ?? ""))
        {
            CountBound(Tally.StoreHit, request);
            request.FromStores.Add(OriginOf(match).Request.Id);
            ExpectSameQuestion(OriginOf(match).Request, request, place, place.Everything(), $"STORE: {place} gave");
        }
    }

    /// <summary>An answer came to a store.</summary>
    public void Written(WorldPlace place, string entry)
    {
        var origins = Origin().Matches(entry);
        if (origins.Count == 0)
        {
            Violation($"STORE: {place} was to keep what no provider said");
        }

        foreach (Match match in origins)
        {
            var request = OriginOf(match).Request;
            CountBound(Tally.StoreWrite, request);
            if (!place.MayBeReachedBy(request.Bounds))
            {
                Violation($"STORE: {place} was to keep the answer to {request}");
            }
        }
    }

    /// <summary>A search received a question.</summary>
    public void Searched(WorldPlace place, string query)
    {
        var request = Asking();
        CountBound(Tally.Search, request);
        if (!place.MayBeReachedBy(request.Bounds))
        {
            Violation($"SEARCH: {place} received {request}");
        }

        // Behind an inner ladder it may be the instruction to go on with an answer.
        if (place.Outer is null && !query.Contains(request.Question, StringComparison.Ordinal))
        {
            Violation($"SEARCH: {place} received '{query}', not {request}");
        }
    }

    /// <summary>The caller received an answer, or a part of one.</summary>
    public void Delivered(WorldRequest request, string answer)
    {
        foreach (Match match in Origin().Matches(answer))
        {
            var (origin, place) = OriginOf(match);
            if (!place.MayBeReachedBy(request.Bounds))
            {
                Violation($"ANSWER: {request} was answered from {place}");
            }

            if (origin == request)
            {
                continue;
            }

            ExpectSameQuestion(origin, request, place, place.Outer is null ? Bounds.Anywhere : place.OnTheWay(), "ANSWER: somebody gave");
            if (request.FromStores.Contains(origin.Id))
            {
                continue;
            }

            if (world.IsOfSameMoment(origin, request) || world.HasShared(request, origin))
            {
                CountBound(Tally.SharedCall, request);
                continue;
            }

            CountBound(Tally.MemoryHit, request);
            if (!world.Memories.Any(memory => memory.MayBeReachedBy(request.Bounds)))
            {
                Violation($"MEMORY: {request} was answered out of it");
            }
        }
    }

    public void Violation(string what) => Violations.Add(what);

    [GeneratedRegex("m([0-9]+)-from-([a-z0-9]+)")]
    private static partial Regex Origin();

    private (WorldRequest Request, WorldPlace Place) OriginOf(Match match) =>
        (world.Requests[int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)], world.Places[match.Groups[2].Value]);

    private WorldRequest RequestOf(IEnumerable<ChatMessage> messages)
    {
        var marker = messages.LastOrDefault(static message => message.MessageId?.StartsWith('m') == true)?.MessageId;
        return marker is null ? world.Stranger : world.Requests[int.Parse(marker.AsSpan(1), CultureInfo.InvariantCulture)];
    }

    private WorldRequest Asking() => WorldRequest.Asking ?? world.Stranger;

    private void ExpectSameQuestion(WorldRequest one, WorldRequest other, WorldPlace place, Bounds there, string who)
    {
        // A hidden ladder gets a provider's options: residency holds there, but partitions are lost.
        if (one.Bounds.And(there) != other.Bounds.And(there) || one.Question != other.Question || (one.Partition != other.Partition && !place.IsHidden))
        {
            Violation($"{who} the answer to {one} for {other}");
        }
    }
}
