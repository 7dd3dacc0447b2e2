# frozen_string_literal: true

desc "Make the pages of the API in doc/, by YARD, which must find nothing undescribed and no broken reference"
task :docs do
  require "open3"
  yard = lambda do |*arguments|
    output, status = Open3.capture2e(Gem.ruby, "-S", "yard", *arguments)
    puts output
    abort "FAILED: yard #{arguments.join(" ")}" unless status.success?
    abort "FAILED: YARD warns, see above" if output.include?("[warn]") || output.include?("[error]")
    output
  end

  rm_rf %w[.yardoc doc]
  abort "FAILED: not all is described" unless yard.call("stats", "--list-undoc").include?("100.00% documented")
  yard.call("doc", "--fail-on-warning")
  sh Gem.ruby, "-S", "rspec", "spec/repository/api_documents_spec.rb"
end
