using Microsoft.Extensions.AI;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Requests;

/// <summary>Chat options of a type that a framework or an application derived from <see cref="ChatOptions"/>.</summary>
/// <remarks>
/// Inside the ladder they travel in <see cref="ResilientChatOptions"/>, which has the members of <see cref="ChatOptions"/>. Application
/// clients around an endpoint, and the provider, get the caller's type. For application clients our settings travel beside it, as an
/// additional property: it survives <see cref="ChatOptions.Clone"/>, and is lost where code builds new options.
/// </remarks>
internal static class DerivedOptions
{
    private const string Key = "resilient-llm.request";

    public static bool IsDerived(ChatOptions options) => options is not ResilientChatOptions && options.GetType() != typeof(ChatOptions);

    /// <summary>A copy in the options' own type, made by its own <see cref="ChatOptions.Clone"/> unless that returns another.</summary>
    public static ChatOptions Copy(ChatOptions options)
    {
        var clone = options.Clone();
        return clone?.GetType() == options.GetType() && !ReferenceEquals(clone, options) ? clone : ShallowCopy.Of(options);
    }

    /// <summary>For an application's client: the caller's type, with the settings of the request beside it.</summary>
    public static ChatOptions WithSettings(ResilientChatOptions own)
    {
        var copy = own.ToProviderOptions(keepsResidency: true);
        (copy.AdditionalProperties ??= [])[Key] = new Settings(own);
        return copy;
    }

    /// <summary>The settings that travel beside options of another type; null if there are none.</summary>
    public static ResilientChatOptions? SettingsOf(ChatOptions? options) =>
        options?.AdditionalProperties is { } properties && properties.TryGetValue(Key, out var value) && value is Settings settings
            ? settings.Own
            : null;

    /// <summary>The settings that travel with options, whatever their type; null if there are none.</summary>
    public static ResilientChatOptions? Find(ChatOptions? options) => options as ResilientChatOptions ?? SettingsOf(options);

    public static void RemoveSettings(ChatOptions options)
    {
        if (options.AdditionalProperties is { } properties && properties.Remove(Key) && properties.Count == 0)
        {
            options.AdditionalProperties = null;
        }
    }

    /// <summary>Gives a copy of the derived options the present values of all members of <see cref="ChatOptions"/>.</summary>
    /// <param name="derived">The options in the caller's type.</param>
    /// <param name="present">A private copy: its lists go to the result.</param>
    public static ChatOptions With(ChatOptions derived, ChatOptions present)
    {
        var copy = Copy(derived);
        copy.ConversationId = present.ConversationId;
        copy.Instructions = present.Instructions;
        copy.Temperature = present.Temperature;
        copy.MaxOutputTokens = present.MaxOutputTokens;
        copy.TopP = present.TopP;
        copy.TopK = present.TopK;
        copy.FrequencyPenalty = present.FrequencyPenalty;
        copy.PresencePenalty = present.PresencePenalty;
        copy.Seed = present.Seed;
        copy.Reasoning = present.Reasoning;
        copy.ResponseFormat = present.ResponseFormat;
        copy.ModelId = present.ModelId;
        copy.StopSequences = present.StopSequences;
        copy.AllowMultipleToolCalls = present.AllowMultipleToolCalls;
        copy.ToolMode = present.ToolMode;
        copy.Tools = present.Tools;
        copy.AllowBackgroundResponses = present.AllowBackgroundResponses;
        copy.ContinuationToken = present.ContinuationToken;
        copy.RawRepresentationFactory = present.RawRepresentationFactory;
        copy.AdditionalProperties = present.AdditionalProperties;
        return copy;
    }

    /// <summary>A dictionary without entries: as JSON it is an empty object, with or without reflection.</summary>
    private sealed class Settings(ResilientChatOptions own) : Dictionary<string, object?>
    {
        public ResilientChatOptions Own => own;
    }
}
