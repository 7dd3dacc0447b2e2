# frozen_string_literal: true

require "json"

# The documents of the API, as YARD reads them: comments in lib/, and in docs/api/ those of what is written in Rust.
module ApiDocuments
  ROOT = File.expand_path("../..", __dir__)

  # Prints each method that has a document as JSON. In a process of its own, for YARD adds methods to Ruby's classes.
  READER = <<~'RUBY'
    require "json"
    require "yard"
    command = YARD::CLI::Yardoc.new
    command.parse_arguments
    YARD.parse(command.files, command.excluded)
    shown = command.options.verifier.run(YARD::Registry.all(:method))
    puts "DOCUMENTS " + JSON.generate(shown.map { |found|
      overloads = found.tags(:overload)
      # Of an alias YARD knows the signature alone.
      signatures = overloads.empty? ? [YARD::Tags::OverloadTag.new(:overload, found.signature)] : overloads
      { name: found.path, text: found.docstring.to_s, parameters: signatures.map(&:parameters),
        tags: [found, *overloads].flat_map(&:tags).map { |tag| [tag.tag_name, tag.name, tag.text] },
        lost: found.docstring.ref_tags.map(&:owner).grep(YARD::CodeObjects::Proxy).map(&:path),
        options: found.tags(:option).map { |option| option.pair.name.delete(":") } }
    })
  RUBY

  # Runs each of the programs that it gets, in a process of its own that has the library already.
  RUNNER = <<~'RUBY'
    require "json"
    require "msgpack-ext"
    programs = JSON.parse(STDIN.read)
    programs.each do |name, program|
      out, from_child = IO.pipe
      child = fork do
        out.close
        STDOUT.reopen(from_child)
        eval(program, TOPLEVEL_BINDING, name)
      end
      from_child.close
      output = out.read
      Process.wait(child)
      puts JSON.generate([name, $?.success? ? output : "#{output}\nit ended by #{$?}"])
    end
  RUBY

  Document = Struct.new(:name, :text, :parameters, :tags, :lost, :options, keyword_init: true) do
    # @return [Array<String>] what the tags of this kind are about
    def names(kind)
      tags.filter_map { |tag, name, _| name if tag == kind }
    end

    # @return [Array<String>] code
    def examples
      tags.filter_map { |tag, _, text| text if tag == "example" }
    end

    # @return [Array<String>] of all its signatures
    def parameter_names
      parameters.flatten(1).map { |name, _| name.delete("*&:") }.uniq
    end

    # @return [String] as {PublicApi::Method#arity}
    def arity
      counts = parameters.flat_map do |signature|
        positional = signature.grep_v(->((name, _)) { name.match?(/\A(?:\*\*|&)|:\z/) })
        rest, named = positional.partition { |name, _| name.start_with?("*") }
        [named.count { |_, default| default.nil? }, rest.empty? ? named.size : Float::INFINITY]
      end
      least, most = counts.minmax
      most == Float::INFINITY ? "#{least}+" : [least, most].uniq.join("..")
    end
  end

  class << self
    # @param run [SubprocessHelpers::Subprocess] of READER
    # @return [Array<Document>]
    def of(run)
      json = run.stdout[/^DOCUMENTS (.+)$/, 1] or raise run.to_s
      JSON.parse(json, symbolize_names: true).map { |fields| Document.new(**fields) }
    end
  end
end
