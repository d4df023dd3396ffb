using Resilient.Llm.Endpoints;
using Resilient.Llm.Requests;

namespace Resilient.Llm.Fallback;

/// <content>Who may be asked this question at all.</content>
internal sealed partial class CandidateSelector
{
    // The endpoint that gave the request's conversation id; null where there is none, or where another process asked for it.
    private readonly Step? _holder = options.ConversationId is { } id ? ladder.Conversations?.Find(id) : null;

    // Read off the request only where some model cannot do everything.
    private ChatCapabilities? _needs;

    /// <summary>Why a model may not be asked this question at all; null when it may.</summary>
    private string? WhyNot(Step step)
    {
        if (!context.Residency.Allows(step.Endpoint.Geography))
        {
            _wasRefusedByResidency = true;
            context.Audit.Refuse(step.Endpoint, $"the data may only go to: {context.Residency}");
            return "outside the residency";
        }

        return WhyUnfit(step);
    }

    /// <summary>The same but for residency, of whose refusals a trail is kept.</summary>
    private string? WhyUnfit(Step step)
    {
        if (_isContextTooLong && !(step.ContextWindow > _windowTooSmall))
        {
            return "context window not declared larger";
        }

        if (step.Capabilities != ChatCapabilities.All && WhatLacks(step) is { } lack)
        {
            return lack;
        }

        return !IsHeldElsewhere(step) ? null : _holder is null ? "conversation is held by the first model" : "conversation is held by another endpoint";
    }

    /// <summary>Whether an attempt that goes on may answer what another one failed with for good.</summary>
    public bool MayStillAnswer(in Attempt running, in Attempt failed) =>
        !context.IsCancelledByCaller && (!failed.IsFirst || (_lastKind == FailureKind.ContextTooLong && running.Step.ContextWindow > _windowTooSmall));

    private string? WhatLacks(Step step)
    {
        var lacking = (_needs ??= RequestNeeds.Of(options, messages)) & ~step.Capabilities;
        return lacking.HasFlag(ChatCapabilities.Tools) ? "no tools"
            : lacking.HasFlag(ChatCapabilities.Vision) ? "no vision"
            : lacking.HasFlag(ChatCapabilities.StructuredOutput) ? "no structured output"
            : null;
    }

    private bool HasLaterModel()
    {
        for (var i = _index + 1; i < _steps.Length; i++)
        {
            if (MayTakeOver(_steps[i]))
            {
                return true;
            }
        }

        return _passedOver?.Any(MayTakeOver) == true;
    }

    private bool MayTakeOver(Step step) => MayAsk(step) && (step.Availability is null || step.Availability.Check().IsAvailable);

    private bool MayAsk(Step step) =>
        step.Local is null && (step.Level == 0 || options.AllowFallback) && context.Residency.Allows(step.Endpoint.Geography) && WhyUnfit(step) is null;

    private bool HasLocalStepBelow()
    {
        for (var i = _index + 1; i < _steps.Length; i++)
        {
            if (_steps[i].Local is not null)
            {
                return options.AllowFallback;
            }
        }

        return false;
    }

    private bool StepsToLargerModel(in Attempt attempt)
    {
        _isContextTooLong = true;
        _windowTooSmall = Math.Max(attempt.Step.ContextWindow ?? int.MaxValue, _windowTooSmall ?? 0);
        return !attempt.IsFirst || HasLaterModel();
    }

    /// <summary>Whether the request needs state that a provider holds and that cannot be had from another one.</summary>
    internal static bool IsBound(ResilientChatOptions options) => options.ConversationId is not null || options.ContinuationToken is not null;

    /// <summary>
    /// Whether state that the request needs lies with somebody else. It lies with the endpoint that gave its id, and with models that are declared to share what the first model has;
    /// where nobody here has given it, with the endpoints of the first model and those models.
    /// </summary>
    private bool IsHeldElsewhere(Step step) =>
        IsBound(options)
        && !(_holder is null ? TakesProviderFields(step) : step == _holder || (_holder.Level == 0 && step is { Level: > 0, AcceptsProviderFields: true }));

    private static bool TakesProviderFields(Step step) => step.AcceptsProviderFields || step.Level == 0;
}
