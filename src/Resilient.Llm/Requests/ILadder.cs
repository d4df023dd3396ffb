namespace Resilient.Llm.Requests;

/// <summary>The root of a ladder. A guard that finds one below it hands on the request's settings, which a provider must not see.</summary>
internal interface ILadder;
