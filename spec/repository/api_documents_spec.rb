# frozen_string_literal: true

# What YARD shows of the API against the library, and its examples, which are run: see DocumentedCode. `rake docs` looks
# for warnings, and for anything that has no document at all.
RSpec.describe "The documents of the API", :slow do
  documents = nil

  # What `include MessagePack` makes private methods is described where the functions are.
  let(:methods) do
    PublicApi.methods.to_h { |method| [method.to_s, method] }.reject { |name, _| name.start_with?("MessagePack#") }
  end

  before do
    documents ||= begin
      run = in_subprocess(ApiDocuments::READER, chdir: ApiDocuments::ROOT)
      need !run.stderr.include?("cannot load such file -- yard"), "YARD (apt-get install yard)"
      ApiDocuments.of(run)
    end
  end

  def named(documents)
    documents.map(&:name)
  end

  it "have each method, and no other" do
    expect(undocumented: methods.keys - named(documents), not_there: named(documents) - methods.keys)
      .to eq(undocumented: [], not_there: [])
  end

  it "take as many arguments as the methods do" do
    wrong = documents.reject { |document| document.arity == methods.fetch(document.name).arity }
    expect(wrong.map { |document| [document.name, document.arity, methods.fetch(document.name).arity] }).to eq([])
  end

  it "begin with a sentence, and name where the method is from" do
    expect(named(documents.reject { |document| document.text.match?(/\A[A-Z][^\n]+\.(?: |$)|\A.+\n.+\./) })).to eq([])
    expect(named(documents.grep_v(->(document) { document.text.match?(/^Source: (?:the|new|MessagePack)/) }))).to eq([])
  end

  it "tell of each parameter, and of what comes back" do
    untold = documents.reject do |document|
      (document.parameter_names - ["block", ""]).sort == document.names("param").uniq.sort
    end
    silent = documents.reject do |document|
      document.name.end_with?("#initialize") || document.tags.any? { |tag, _| %w[return overload].include?(tag) }
    end
    expect(untold: named(untold), silent: named(silent)).to eq(untold: [], silent: [])
  end

  it "refer to methods that are there" do
    expect(documents.flat_map(&:lost)).to eq([])
  end

  it "name each option" do
    source = File.read(File.join(ApiDocuments::ROOT, "ext/msgpack_ext/src/options.rs"))
    expect(documents.flat_map(&:options).uniq).to match_array(source.scan(/^ +\w+ => "(\w+)",$/).flatten)
  end

  it "are not loaded by the library" do
    run = in_subprocess(<<~'RUBY', SubprocessHelpers::LIB)
      Dir.glob("msgpack{,/library}/*.rb", base: ARGV[0]) { |file| require file }
      puts $LOADED_FEATURES.grep(/msgpack/)
    RUBY
    expect(run.stdout.lines(chomp: true).grep(%r{/docs/})).to eq([])
    expect(run.stdout).to include("/lib/msgpack/packer.rb", "/lib/msgpack/bigint.rb"), run.to_s
  end

  it "have an example for each method, with results" do
    without = documents.reject do |document|
      document.examples.any? && document.examples.all? { |text| DocumentedCode.new(text, 1).promises.any? }
    end
    expect(named(without)).to eq([])
  end

  it "show what the examples give" do
    skip "there is no fork here" unless Process.respond_to?(:fork)

    examples = documents.flat_map do |document|
      document.examples.map.with_index(1) { |text, n| ["#{document.name}, example #{n}", DocumentedCode.new(text, 1)] }
    end.to_h
    run = in_subprocess(ApiDocuments::RUNNER, stdin: JSON.generate(examples.transform_values(&:instrumented)))
    expect(run).to be_success, run.to_s

    given = run.stdout.lines.to_h { |line| JSON.parse(line) }
    wrong = examples.to_h do |name, code|
      promises = code.promises.merge(0 => "msgpack_ext")
      [name, promises.to_a - DocumentedCode.results(given.fetch(name)).to_a]
    end
    wrong.delete_if { |_, broken| broken.empty? }
    expect(wrong).to eq({}), "#{wrong.map(&:inspect).join("\n")}\n#{run.stderr}"
  end
end
