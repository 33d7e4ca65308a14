package main

import "github.com/smartlake/pulumi-smartlake/internal/iampolicy"

// stateFiles are the objects of one stack in the bucket, as the S3 backend of Pulumi
// lays them out (version 1, which knows projects; pkg/backend/diy of Pulumi 3.259).
type stateFiles struct {
	read    []string // what a preview or a refresh that changes nothing reads
	written []string // what an update writes besides, reads back and deletes
}

func (s settings) stateFilesOf(project, stack string, at place) stateFiles {
	objects := "arn:" + at.partition + ":s3:::" + s.stateBucket + "/.pulumi/"
	below := project + "/" + stack
	files := stateFiles{read: []string{objects + "meta.yaml", objects + "stacks/" + below + ".pulumi-tags"}}
	for _, compression := range []string{"", ".gz", ".zst"} {
		checkpoint := objects + "stacks/" + below + ".json" + compression
		files.read = append(files.read, checkpoint)
		files.written = append(files.written, checkpoint, checkpoint+".bak")
	}
	files.written = append(files.written, objects+"backups/"+below+"/*", objects+"history/"+below+"/*", objects+"locks/organization/"+below+"/*")
	return files
}

// readState is what it takes to preview and to look for drift. Neither takes the
// stack's lock, nor writes anything: diyBackend locks in Update, Refresh and Destroy,
// and in the latter two not with --preview-only.
func (s settings) readState(project, stack string, at place) iampolicy.Document {
	return s.state(stack, at, []string{"kms:Decrypt"},
		iampolicy.Statement{Sid: "State", Effect: "Allow", Action: []string{"s3:GetObject"}, Resource: s.stateFilesOf(project, stack, at).read})
}

// changeState is what an update needs: its stack's lock, history, backups and state.
func (s settings) changeState(project, stack string, at place) iampolicy.Document {
	files := s.stateFilesOf(project, stack, at)
	return s.state(stack, at, []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"},
		iampolicy.Statement{Sid: "State", Effect: "Allow", Action: []string{"s3:GetObject"}, Resource: files.read},
		iampolicy.Statement{Sid: "StateWritten", Effect: "Allow", Action: []string{"s3:DeleteObject", "s3:GetObject", "s3:PutObject"}, Resource: files.written})
}

// state adds to rights on a stack's objects those on the bucket and on keys.
//
// ListBucket stands without a condition on the prefix: asked for an object that is not
// there, S3 says so only to those who may list, and such a request has no prefix. It
// gives the names of objects alone.
//
// The bucket's key is good through S3 alone. Used directly, one key for both stacks'
// secrets would open the other's, whose encrypted values stand in the repository.
func (s settings) state(stack string, at place, onBucketKey []string, onObjects ...iampolicy.Statement) iampolicy.Document {
	statements := append([]iampolicy.Statement{{Sid: "StateBucket", Effect: "Allow", Action: []string{"s3:ListBucket"},
		Resource: []string{"arn:" + at.partition + ":s3:::" + s.stateBucket}}}, onObjects...)
	if s.stateKeyARN != "" {
		statements = append(statements, iampolicy.Statement{Sid: "StateKey", Effect: "Allow", Action: onBucketKey, Resource: []string{s.stateKeyARN},
			Condition: iampolicy.Condition{"StringEquals": {"kms:ViaService": "s3." + regionOf(s.stateKeyARN) + ".amazonaws.com"}}})
	}
	if key := s.secretsKeyARNs[stack]; key != "" {
		statements = append(statements, iampolicy.Statement{Sid: "SecretsKey", Effect: "Allow", Action: []string{"kms:Decrypt"}, Resource: []string{key}})
	}
	return iampolicy.New(statements...)
}
