using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;
using Resilient.Llm.Testing;

namespace Resilient.Llm.Tests;

/// <summary>Options of a type that a framework derived: the provider gets that type, with nothing lost and nothing of ours.</summary>
public sealed class DerivedOptionsTests
{
    private readonly LadderLab _lab = new();

    public static TheoryData<bool, string> Types
    {
        get
        {
            var data = new TheoryData<bool, string>();
            foreach (var type in (string[])[nameof(FrameworkOptions), nameof(ForgetfulOptions), nameof(SelfishOptions), nameof(InternalStateOptions)])
            {
                data.Add(false, type);
                data.Add(true, type);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Provider_GetsTheCallersType_EachAttemptItsOwn(bool streaming, string type)
    {
        var options = Make(type);
        _lab.FailPrimary();

        var answer = await _lab.Models().AskAsync(streaming, options: options);

        Assert.Equal("from cheaper", answer.Text);
        var received = _lab.Primary.Calls.Concat(_lab.Cheaper.Calls).Select(static call => call.ReceivedOptions!).ToList();
        Assert.Equal(3, received.Append(options).Distinct().Count());
        Assert.All(received, copy =>
        {
            Assert.IsType(options.GetType(), copy);
            Assert.Equal((0.7f, "state"), (copy.Temperature, StateOf(copy)));
            Assert.Equal("mine", Assert.Single(copy.AdditionalProperties!).Key);
        });
        Assert.Equal(("big", null), (received[0].ModelId, received[1].ModelId));
        Assert.Equal("big", options.ModelId);
    }

    /// <summary>The clients between the ladder and the provider see the type as well, and what they change arrives.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public async Task ClientOfTheApplication_SeesTheCallersTypeAndChangesIt(bool streaming, string type)
    {
        var seen = new List<ChatOptions?>();
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, model => model
            .Use(inner => new ListeningClient(inner, (_, options) => seen.Add(options)))
            .Use(static inner => new OptionsClient(inner, static options =>
            {
                var changed = options!.Clone();
                changed.Temperature = 0.1f;
                changed.StopSequences = ["stop"];
                return changed;
            }))).Build();

        await ladder.AskAsync(streaming, options: Make(type));

        Assert.IsType(Make(type).GetType(), Assert.Single(seen));
        var received = _lab.Primary.Calls.Single().ReceivedOptions!;
        Assert.Equal((0.1f, "stop"), (received.Temperature, Assert.Single(received.StopSequences!)));
        Assert.Equal("mine", Assert.Single(received.AdditionalProperties!).Key);
        if (type is nameof(FrameworkOptions))
        {
            Assert.Equal("state", StateOf(Assert.IsType<FrameworkOptions>(received)));
        }
    }

    [BothWays]
    public async Task SettingsOfTheRequest_TravelBesideTheCallersType(bool streaming)
    {
        var options = Make(nameof(FrameworkOptions)).WithResidency(DataResidency.Within("EU"));
        options.CachePartition = "tenant";
        var partitions = new List<string?>();
        var ladder = _lab.Builder()
            .AddModel("primary", _lab.Primary, static model => model.InRegion("eastus", "US"))
            .AddModel("cheaper", _lab.Cheaper, model => model.InRegion("swedencentral", "EU").Use(inner => new ListeningClient(
                inner, (_, received) => partitions.Add(new ResilientChatOptions(received).CachePartition))))
            .Build();

        var answer = await ladder.AskAsync(streaming, options: options);

        Assert.Equal(("from cheaper", 0), (answer.Text, _lab.Primary.CallCount));
        Assert.Equal("tenant", Assert.Single(partitions));
        Assert.Equal("state", StateOf(Assert.IsType<FrameworkOptions>(_lab.Cheaper.Calls[0].ReceivedOptions)));
    }

    /// <summary>A copy keeps the bound, a new object loses it: as for options of our own type.</summary>
    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task ClientOfTheApplication_BuildsNewOptions_IsRefusedBeforeTheCallGoesOut(bool streaming, bool sameType)
    {
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, model => model
            .Use(inner => new OptionsClient(inner, _ => sameType ? Make(nameof(FrameworkOptions)) : new ChatOptions { Temperature = 1 }))).Build();

        var thrown = await Record.ExceptionAsync(() => ladder.AskAsync(streaming, options: Make(nameof(FrameworkOptions))));

        Assert.Contains("options.Clone()", Assert.IsAssignableFrom<Exception>(thrown).ToString(), StringComparison.Ordinal);
        Assert.Equal(0, _lab.Primary.CallCount);
    }

    /// <summary>A client that narrows the bound of derived options, and one that tries to widen it.</summary>
    [Theory]
    [BothWaysData("US", "EU", false)]
    [BothWaysData("EU", "US", false)]
    [BothWaysData("EU", "EU", true)]
    public async Task Residency_OnDerivedOptions_IsIntersectedOnTheWay(bool streaming, string ofRequest, string ofClient, bool isAnswered)
    {
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, model => model.InRegion("swedencentral", "EU")
            .Use(inner => new OptionsClient(inner, options =>
            {
                var changed = options!.Clone();
                (changed.AdditionalProperties ??= [])[ResilientChatOptions.ResidencyKey] = ofClient;
                return changed;
            }))).Build();

        var thrown = await Record.ExceptionAsync(
            () => ladder.AskAsync(streaming, options: Make(nameof(FrameworkOptions)).WithResidency(DataResidency.Within(ofRequest))));

        Assert.Equal((isAnswered, isAnswered ? 1 : 0), (thrown is null, _lab.Primary.CallCount));
    }

    /// <summary>A ladder as a model, seen or hidden: bound by the request, and its provider gets the caller's type.</summary>
    [Theory]
    [BothWaysData(true)]
    [BothWaysData(false)]
    public async Task InnerLadder_GetsTypeAndBound(bool streaming, bool isHidden)
    {
        var inner = _lab.Builder()
            .AddModel("inner-us", _lab.Primary, static model => model.InRegion("eastus", "US"))
            .AddModel("inner-eu", _lab.Cheaper, static model => model.InRegion("swedencentral", "EU"))
            .Build();
        var outer = _lab.Builder()
            .AddModel("outer", isHidden ? new HidingClient(inner, rebuilds: false) : inner, static model => model.InRegion("swedencentral", "EU"))
            .Build();

        await outer.AskAsync(streaming, options: Make(nameof(FrameworkOptions)).WithResidency(DataResidency.Within("EU")));

        Assert.Equal(0, _lab.Primary.CallCount);
        Assert.Equal("state", StateOf(Assert.IsType<FrameworkOptions>(_lab.Cheaper.Calls.Single().ReceivedOptions)));
    }

    [BothWays]
    public async Task Decorators_UsedAlone_PassTheTypeOn(bool streaming)
    {
        using var client = new RetryChatClient(new CircuitBreakerChatClient(new TimeoutChatClient(_lab.Primary, timeProvider: _lab.Clock)));

        await client.AskAsync(streaming, options: Make(nameof(FrameworkOptions)));

        Assert.Equal("state", StateOf(Assert.IsType<FrameworkOptions>(_lab.Primary.Calls.Single().ReceivedOptions)));
    }

    /// <summary>What a type adds may shape the answer, and no key sees it.</summary>
    [BothWays]
    public async Task CachedAnswers_OfDerivedOptions_AreNeitherStoredNorGiven(bool streaming)
    {
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary).AddCachedAnswers(static cache => cache.Mode = CachedAnswerMode.ReadThrough).Build();

        await ladder.AskAsync(streaming, options: Make(nameof(FrameworkOptions)));
        await ladder.AskAsync(streaming, options: Make(nameof(FrameworkOptions)));

        Assert.Equal(2, _lab.Primary.CallCount);
    }

    /// <summary>Some middleware makes JSON of options, with reflection switched off.</summary>
    [BothWays]
    public async Task Settings_BesideTheType_SerialiseWithoutReflection(bool streaming)
    {
        var json = new List<string>();
        var reflectionless = new JsonSerializerOptions
        {
            TypeInfoResolver = JsonTypeInfoResolver.Combine(
                [.. AIJsonUtilities.DefaultOptions.TypeInfoResolverChain.Where(static resolver => resolver is not DefaultJsonTypeInfoResolver)]),
        };
        Assert.Throws<NotSupportedException>(() => JsonSerializer.Serialize(new AdditionalPropertiesDictionary { ["a"] = this }, reflectionless));
        var ladder = _lab.Builder().AddModel("primary", _lab.Primary, model => model.Use(inner => new ListeningClient(
            inner, (_, options) => json.Add(JsonSerializer.Serialize(options!.AdditionalProperties, reflectionless)))))
            .Build();

        await ladder.AskAsync(streaming, options: Make(nameof(FrameworkOptions)));

        Assert.Contains("\"resilient-llm.request\":{}", Assert.Single(json), StringComparison.Ordinal);
    }

    /// <summary>Every member of the base type, those of a later version too: none may keep the value of the caller's copy where a step changed it.</summary>
    [Fact]
    public void EveryMemberOfChatOptions_IsTakenFromThePresentValues()
    {
        var members = typeof(ChatOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static member => member.CanWrite).ToList();
        Assert.True(members.Count >= 20, string.Join(", ", members.Select(static member => member.Name)));
        foreach (var member in members)
        {
            var options = Make(nameof(FrameworkOptions));
            var own = new ResilientChatOptions(options);
            var value = Sample(member.PropertyType);
            member.SetValue(own, value);

            var sent = Assert.IsType<FrameworkOptions>(own.ToProviderOptions());

            Assert.True(AreSame(value, member.GetValue(sent)), member.Name);
            member.SetValue(own, null);
            Assert.True(member.GetValue(own.ToProviderOptions()) is null, member.Name);
        }
    }

    [Fact]
    public async Task RandomChangesOnTheWay_ArriveInTheCallersType()
    {
        var random = new Random(20261129);
        var members = typeof(ChatOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static member => member.CanWrite).ToList();
        for (var round = 0; round < 100; round++)
        {
            var type = ((string[])[nameof(FrameworkOptions), nameof(InternalStateOptions)])[random.Next(2)];
            var changes = members.Where(static member => member.PropertyType != typeof(AdditionalPropertiesDictionary))
                .Where(_ => random.Next(3) == 0).ToDictionary(static member => member, member => random.Next(4) == 0 ? null : Sample(member.PropertyType));
            var lab = new LadderLab();
            var ladder = lab.Builder().AddModel("primary", lab.Primary, model => model.Use(inner => new OptionsClient(inner, options =>
            {
                var changed = options!.Clone();
                changes.ToList().ForEach(change => change.Key.SetValue(changed, change.Value));
                return changed;
            }))).Build();

            await ladder.AskAsync(streaming: random.Next(2) == 0, options: Make(type));

            var received = lab.Primary.Calls.Single().ReceivedOptions!;
            Assert.Equal("state", StateOf(received));
            Assert.All(changes, change => Assert.True(AreSame(change.Value, change.Key.GetValue(received)), change.Key.Name));
        }
    }

    private static ChatOptions Make(string type)
    {
        ChatOptions options = type switch
        {
            nameof(FrameworkOptions) => new FrameworkOptions("state"),
            nameof(ForgetfulOptions) => new ForgetfulOptions { State = "state" },
            nameof(SelfishOptions) => new SelfishOptions { State = "state" },
            _ => new InternalStateOptions("state"),
        };
        options.Temperature = 0.7f;
        options.ModelId = "big";
        options.AdditionalProperties = new() { ["mine"] = 1 };
        return options;
    }

    private static string? StateOf(ChatOptions options) => options switch
    {
        FrameworkOptions framework => framework.State,
        ForgetfulOptions forgetful => forgetful.State,
        SelfishOptions selfish => selfish.State,
        InternalStateOptions withState => withState.Tell(),
        _ => null,
    };

    private static object Sample(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) ? "sample"
            : type == typeof(float) ? 0.25f
            : type == typeof(int) ? 3
            : type == typeof(long) ? 4L
            : type == typeof(bool) ? true
            : type == typeof(ReasoningOptions) ? new ReasoningOptions()
            : type == typeof(ChatResponseFormat) ? ChatResponseFormat.Json
            : type == typeof(ChatToolMode) ? ChatToolMode.RequireAny
            : type == typeof(IList<string>) ? new List<string> { "a" }
            : type == typeof(IList<AITool>) ? new List<AITool> { AIFunctionFactory.Create(static () => 1, "one") }
            : type == typeof(AdditionalPropertiesDictionary) ? new AdditionalPropertiesDictionary { ["a"] = 1 }
            : type == typeof(Func<IChatClient, object?>) ? (Func<IChatClient, object?>)(static _ => null)
            : type == typeof(ResponseContinuationToken) ? ResponseContinuationToken.FromBytes(new byte[] { 1 })
            : throw new NotSupportedException($"A new kind of member: {type}. Add it to {nameof(DerivedOptionsTests)} and to DerivedOptions.With.");
    }

    private static bool AreSame(object? expected, object? actual) =>
        expected is System.Collections.IEnumerable and not string
            ? expected is AdditionalPropertiesDictionary
                ? ((AdditionalPropertiesDictionary)expected).SequenceEqual((AdditionalPropertiesDictionary)actual!)
                : ((System.Collections.IEnumerable)expected).Cast<object>().SequenceEqual(((System.Collections.IEnumerable)actual!).Cast<object>())
            : expected is ReasoningOptions ? actual is ReasoningOptions
            : Equals(expected, actual);

    /// <summary>As Semantic Kernel's: a read-only member, and a copy through the constructor.</summary>
    private sealed class FrameworkOptions(string state, ChatOptions? other = null) : ChatOptions(other)
    {
        public string State { get; } = state;

        public override ChatOptions Clone() => new FrameworkOptions(State, this);
    }

    /// <summary>Does not override <see cref="ChatOptions.Clone"/>.</summary>
    private sealed class ForgetfulOptions : ChatOptions
    {
        public string? State { get; init; }
    }

    /// <summary>Returns itself.</summary>
    private sealed class SelfishOptions : ChatOptions
    {
        public string? State { get; init; }

        public override ChatOptions Clone() => this;
    }

    /// <summary>Copies its own members and none of the base's.</summary>
    private sealed class InternalStateOptions(string state) : ChatOptions
    {
        public string Tell() => state;

        public override ChatOptions Clone() => new InternalStateOptions(state) { AdditionalProperties = AdditionalProperties };
    }
}
