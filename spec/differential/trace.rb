# frozen_string_literal: true

require_relative "description"

module Differential
  # What a library did in one case, step after step, as pairs of a name and a text. The name says which call it was; the
  # text is the description of its result, or "!" and the class of its error.
  class Trace
    # @return [Array<Array(Symbol, String)>]
    attr_reader :steps

    def initialize
      @steps = []
    end

    # Runs the block up to the first error that {#record} meets.
    #
    # @return [Array<Array(Symbol, String)>] the steps
    def self.of
      trace = new
      catch(trace) { yield trace }
      trace.steps
    end

    # One call. An error ends the case, unless it is of one of the classes to go on after.
    #
    # @return [Object] the call's result
    def record(name, go_on: [])
      result = yield
      note(name, result)
      result
    rescue StandardError, NoMemoryError, SystemStackError => e
      @steps << [name, "!#{e.class}"]
      throw self unless go_on.any? { |error| e.is_a?(error) }
    end

    # Something that a call has yielded.
    def note(name, value)
      @steps << [name, Description.of(value)]
    end
  end
end
