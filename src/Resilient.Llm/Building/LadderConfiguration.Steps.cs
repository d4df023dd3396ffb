using Resilient.Llm.Shared;

namespace Resilient.Llm.Building;

/// <content>The local steps. Their section enables them, unless it says <c>Enabled: false</c>.</content>
internal static partial class LadderConfiguration
{
    private static void CachedAnswers(ConfigurationReader reader, ResilientChatBuilder builder)
    {
        var options = new CachedAnswerOptions();
        var isEnabled = reader.IsEnabled();
        reader.Choice<CachedAnswerMode>(nameof(options.Mode), value => options.Mode = value);
        reader.Choice<CachedAnswerScope>(nameof(options.Scope), value => options.Scope = value);
        reader.Time(nameof(options.MaxAge), value => options.MaxAge = value);
        reader.Long(nameof(options.MemoryLimit), value => options.MemoryLimit = value);
        reader.Time(nameof(options.StoreTimeout), value => options.StoreTimeout = value);
        reader.Whole(nameof(options.MaxPendingWrites), value => options.MaxPendingWrites = value);
        reader.Text(nameof(options.Geography), value => options.Geography = value);
        reader.Section("DistributedCache", store => DistributedCache(store, options));
        builder.DeclaredCachedAnswers = isEnabled ? options : null;
    }

    private static void DistributedCache(ConfigurationReader reader, CachedAnswerOptions options)
    {
        var isEnabled = reader.IsEnabled();
        var geography = reader.Text("Geography");
        if (isEnabled)
        {
            options.UseDistributedCache(geography);
        }
    }

    private static void LastResort(ConfigurationReader reader, ResilientChatBuilder builder)
    {
        var lastResort = new LastResortBuilder();
        var isEnabled = reader.IsEnabled();
        reader.Whole(nameof(lastResort.MaxResults), value => lastResort.MaxResults = value);
        reader.Time(nameof(lastResort.RuleTimeout), value => lastResort.RuleTimeout = value);
        reader.Time(nameof(lastResort.SearchTimeout), value => lastResort.SearchTimeout = value);
        reader.List("Rules", rule => Rule(rule, lastResort));
        reader.List("Faq", pair => Pair(pair, lastResort));
        reader.Section("Text", text => Text(text, lastResort));
        builder.DeclaredLastResort = isEnabled ? lastResort : null;
    }

    private static void Rule(ConfigurationReader reader, LastResortBuilder lastResort)
    {
        IReadOnlyList<string>? keywords = null;
        reader.Texts("Keywords", value => keywords = value);
        var answer = reader.Text("Answer");
        reader.Require(keywords is not null && answer is not null, "is no rule. Give it Keywords (a list) and an Answer.");
        if (keywords is not null && answer is not null)
        {
            reader.Apply(() => lastResort.AddRule(keywords, answer));
        }
    }

    private static void Pair(ConfigurationReader reader, LastResortBuilder lastResort)
    {
        var question = reader.Text("Question");
        var answer = reader.Text("Answer");
        reader.Require(question is not null && answer is not null, "is no stored question. Give it a Question and an Answer.");
        if (question is not null && answer is not null)
        {
            reader.Apply(() => lastResort.AddFaq(question, answer));
        }
    }

    private static void Text(ConfigurationReader reader, LastResortBuilder lastResort)
    {
        reader.Text(nameof(LastResortText.ResultsFound), value => lastResort.WithText(text => text.ResultsFound = value));
        reader.Text(nameof(LastResortText.NothingFound), value => lastResort.WithText(text => text.NothingFound = value));
        reader.Text(nameof(LastResortText.Apology), value => lastResort.WithText(text => text.Apology = value));
    }
}
